// A site would write these two elements into its page; here the address of the server comes from the query.
const query = new URLSearchParams(location.search);
const script = document.createElement("script");
script.src = `${query.get("server")}/widget.js`;
document.head.append(script);
const chat = document.createElement("kb-chat");
for (const name of ["lang", "theme", "site", "human", "heading", "position", "mode"]) {
  if (query.has(name)) chat.setAttribute(name, query.get(name));
}
document.body.append(chat);
