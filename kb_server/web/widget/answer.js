// One turn of the thread: the question, and whatever became of it.
class Turn {
  constructor(chat, state) {
    this.chat = chat;
    this.state = state;
    this.element = h("div", { class: "turn" });
  }

  get isPending() {
    return !this.state.answer && !this.state.problem && !this.state.stopped;
  }

  paint(isLast) {
    const { question, answer, text, problem, stopped } = this.state;
    const word = this.chat.word;
    this.raw = answer || !(text || this.isPending) ? null : h("div", { class: text ? "body raw" : "body dots" }, text || word("looking"));
    this.element.replaceChildren(
      h("div", { class: "q" }, h("span", { class: "sr" }, `${word("you")} `), question),
      answer ? this.answer(answer, isLast) : this.raw || "",
      problem ? this.problem(problem, isLast) : "",
      stopped ? h("p", { class: "note" }, word("stopped")) : "",
    );
  }

  write(text) {
    this.state.text = (this.state.text || "") + text;
    if (this.raw) {
      this.raw.className = "body raw";
      this.raw.textContent = this.state.text;
    }
  }

  problem({ code, seconds }, isLast) {
    const { chat } = this;
    const retry = isLast && code !== "withheld" && h("button", { class: "btn", onclick: () => chat.again(this) }, chat.word("retry"));
    const said = (left) => chat.word(code).replace("{n}", left);
    const line = h("p", null, said(seconds));
    if (retry && code === "limit" && seconds > 0) {
      retry.disabled = true;
      const timer = setInterval(() => {
        line.textContent = said(--seconds);
        if (seconds > 0) return;
        clearInterval(timer);
        line.textContent = "";
        retry.disabled = false;
      }, 1000);
    }
    return h("div", { class: "note bad", role: "alert" }, line, retry);
  }

  answer(answer, isLast) {
    const { chat } = this;
    const { word } = chat;
    const known = new Map(answer.citations.map((citation) => [citation.id, citation]));
    const chip = (id, number) => {
      const citation = known.get(id);
      if (!citation) return `[${number}]`;
      const name = `${word("source")} ${number}: ${citation.title}`;
      return h("button", { class: "cite", "aria-label": name, title: citation.title, "aria-expanded": "false",
        "data-citation": id, onclick: (event) => chat.showSource(citation, event.currentTarget) }, number);
    };
    const badge = answer.status !== "answered" && word(answer.status);
    const step = answer.next_step && !answer.text.includes(answer.next_step.text) && answer.next_step.text;
    const calls = answer.status === "handoff" || answer.next_step?.action === "contact_support";
    return h("div", { lang: answer.language }, [
      badge && h("span", { class: "badge", lang: chat.language }, badge),
      h("div", { class: "body" }, answer.html ? answerNodes(answer.html, chip) : answer.text),
      answer.conflicts.length > 0 && h("span", { class: "badge", lang: chat.language }, word("conflict")),
      step && h("p", { class: "note" }, step),
      this.links(word("nearest"), answer.nearest.map((page) => [page, "", (event) => chat.showPage(page, event.currentTarget)])),
      this.links(word("sources"), this.sources(answer)),
      calls && chat.person("btn"),
      isLast && this.asks(answer.choices.map((choice) => [choice.label, choice.question, choice.filters])),
      h("div", { lang: chat.language }, answer.citations.length > 0 && feedback(chat, this.state)),
      isLast && this.asks(answer.suggestions.map((question) => [question, question]), word("next")),
    ]);
  }

  asks(offers, label) {
    if (!offers.length) return null;
    return [
      label && h("p", { class: "label", lang: this.chat.language }, label),
      h("div", { class: "asks more" }, offers.map(([shown, question, filters]) => this.chat.askButton(shown, question, filters))),
    ];
  }

  // Citations of one section stand on one line.
  sources(answer) {
    const places = new Map();
    answer.citations.forEach((citation, index) => {
      const key = `${citation.doc_id} ${citation.heading_path.join(" ")}`;
      const place = places.get(key) || { citation, numbers: [] };
      place.numbers.push(index + 1);
      places.set(key, place);
    });
    return [...places.values()].map(({ citation, numbers }) => [
      citation, numbers.join(" "), (event) => this.chat.showSource(citation, event.currentTarget),
    ]);
  }

  links(label, places) {
    if (!places.length) return null;
    return [
      h("p", { class: "label", lang: this.chat.language }, label),
      h("ul", { class: "links" }, places.map(([place, number, show]) => h("li", null,
        h("button", { class: "link", onclick: show, "aria-expanded": "false" }, number && h("i", null, number),
          h("span", null, [place.title, ...place.heading_path].join(" › ")))))),
    ];
  }
}
