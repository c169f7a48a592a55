// Thumbs below an answer; a thumb down asks why.
function feedback(chat, state) {
  const { word } = chat;
  const id = state.answer.id;
  const status = h("span", { role: "status" }, state.thumb ? word("thanks") : "");
  const more = h("div", { class: "more", hidden: true });
  const send = async (thumb, extra = {}) => {
    try {
      await chat.server.json("/v1/feedback", { body: { answer_id: id, rating: thumb, ...extra } });
      state.thumb = thumb;
      chat.save();
      status.textContent = word("thanks");
      chat.tell("kb-feedback", { answer_id: id, rating: thumb, ...extra });
      return true;
    } catch {
      status.textContent = word("lost");
      return false;
    } finally {
      press();
    }
  };
  const thumbs = ["good", "bad"].map((name) => {
    const thumb = name === "good" ? "up" : "down";
    return [thumb, h("button", { class: "tool", title: word(name), "aria-label": word(name), onclick: async () => {
      const asks = await send(thumb) && thumb === "down";
      more.hidden = !asks;
      if (asks) more.querySelector("button").focus();
    } }, icon(name))];
  });
  const press = () => thumbs.forEach(([thumb, button]) => button.setAttribute("aria-pressed", state.thumb === thumb));
  press();
  let reason = "";
  const pills = ["wrong", "incomplete", "outdated", "off_topic"].map((name) => h("button", { class: "pill", "aria-pressed": "false",
    onclick: (event) => {
      reason = reason === name ? "" : name;
      pills.forEach((pill) => pill.setAttribute("aria-pressed", reason !== "" && pill === event.currentTarget));
    } }, word(name)));
  const comment = h("textarea", { rows: 2, maxlength: 2000, "aria-label": word("tell"), placeholder: word("tell") });
  more.append(
    h("p", null, word("why")), h("div", { class: "row", role: "group", "aria-label": word("why") }, pills), comment,
    h("button", { class: "btn", onclick: async () => {
      if (await send("down", { reason, comment: comment.value.trim() })) {
        more.hidden = true;
        thumbs[1][1].focus();
      }
    } }, word("submit")),
  );
  return h("div", { class: "acts" }, h("div", { class: "row" }, thumbs.map(([, button]) => button), status), more);
}
