// Where a citation comes from: its quote, marked in the text that surrounds it.
const AROUND = 2500;

class Panel {
  constructor(chat) {
    this.chat = chat;
    this.element = h("aside", { class: "panel", role: "dialog", hidden: true });
  }

  async show(place, opener, text) {
    const { chat } = this;
    const { word } = chat;
    unfold(this.opener, false);
    unfold(this.opener = opener, true);
    const url = webAddress(place.url, attribute(chat, "docs-url"));
    const title = h("h3", { tabindex: -1 }, place.title, h("span", { class: "where" }, place.heading_path.join(" › ")));
    const page = h("div", { class: "page", tabindex: 0, role: "region", "aria-label": place.title }, word("loading"));
    this.element.replaceChildren(
      h("header", null, title, h("button", { class: "tool", "aria-label": word("close"), onclick: () => this.close() }, icon("close"))),
      place.flags?.includes("low_trust") ? h("p", { class: "banner" }, word("low_trust")) : "",
      page,
      url ? h("footer", null, h("a", { href: url + (place.anchor && !url.includes("#") ? `#${encodeURI(place.anchor)}` : ""),
        target: "_blank", rel: "noopener noreferrer" }, word("page"))) : "",
    );
    label(this.element, `${word("source")}: ${place.title}`);
    this.element.hidden = false;
    // Where it covers the thread, the thread is out of reach until it is closed.
    chat.main.inert = getComputedStyle(this.element).position === "absolute";
    title.focus();
    const shown = await text.catch(({ code }) => {
      const quote = code === "gone" && place.quote || "";
      return { note: word(code) || word("failed"), text: quote, start: 0, end: quote.length };
    });
    if (this.opener !== opener || this.element.hidden) return;
    const mark = shown.end > shown.start ? h("mark", null, shown.text.slice(shown.start, shown.end)) : h("span");
    const from = Math.max(0, shown.text.lastIndexOf("\n", shown.start - AROUND) + 1);
    const behind = shown.text.indexOf("\n", shown.end + AROUND);
    const to = behind < 0 ? shown.text.length : behind;
    page.replaceChildren(from ? "…\n" : "", ...prose(shown.text.slice(from, shown.start)), mark,
      ...prose(shown.text.slice(shown.end, to)), to < shown.text.length ? "\n…" : "");
    if (shown.note) page.before(h("p", { class: "banner", role: "status" }, shown.note));
    page.scrollTop = mark.offsetTop - page.offsetTop - page.clientHeight / 4;
  }

  close() {
    if (this.element.hidden) return false;
    this.element.hidden = true;
    this.chat.main.inert = false;
    unfold(this.opener, false);
    this.opener.focus();
    this.opener = null;
    return true;
  }
}

// What surrounds a quote, with headings and code as such; the quote itself stands as it is in the text.
function prose(text) {
  return text.split(/^(```[^\n]*\n[^]*?^```$|#{1,6} .*$)|(`[^`\n]+`)/m).map((part) => {
    if (!part) return "";
    if (part.startsWith("```") && part.endsWith("```")) return h("pre", null, h("code", null, part.replace(/^.*\n|\n?```$/g, "")));
    if (/^#{1,6} .*$/.test(part)) return h("b", null, part.replace(/^#+ /, ""));
    return /^`[^`\n]+`$/.test(part) ? h("code", null, part.slice(1, -1)) : part;
  });
}

async function citedText(server, citation) {
  const revision = await server.json(`/v1/documents/${citation.doc_id}/revisions/${citation.revision}`);
  const start = unitsOf(revision.text, citation.char_start);
  const end = start + unitsOf(revision.text.slice(start), citation.char_end - citation.char_start);
  return { text: revision.text, start, end, note: revision.current ? "" : WORDS[server.element.language].changed };
}

async function pageText(server, page) {
  const { revision } = await server.json(`/v1/documents/${page.doc_id}`);
  const { text } = await server.json(`/v1/documents/${page.doc_id}/revisions/${revision}`);
  const heading = page.heading_path.at(-1);
  const start = heading ? Math.max(0, text.indexOf(`# ${heading}`)) : 0;
  return { text, start, end: start };
}
