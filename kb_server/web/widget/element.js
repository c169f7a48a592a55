class KbChat extends HTMLElement {
  static observedAttributes = ["lang", "theme", "heading", "human", "human-href"];

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.server = new Server(this);
    this.word = (name) => WORDS[this.language][name];
    this.turns = [];
    this.openers = {};
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.heard = () => this.settle();
  }

  connectedCallback() {
    this.dark.addEventListener("change", this.heard);
    for (const name of ["online", "offline"]) addEventListener(name, this.heard);
    this.isOpen = !this.floats || this.hasAttribute("open");
    this.restore();
    this.build();
    this.reread();
  }

  disconnectedCallback() {
    this.dark.removeEventListener("change", this.heard);
    for (const name of ["online", "offline"]) removeEventListener(name, this.heard);
    this.abort?.abort();
  }

  attributeChangedCallback() {
    if (this.main) this.build();
  }

  get floats() {
    return !["page", "inline"].includes(attribute(this, "mode"));
  }

  get language() {
    const given = this.chosen || attribute(this, "lang") || document.documentElement.lang || navigator.language || "en";
    return given.toLowerCase().startsWith("ko") ? "ko" : "en";
  }

  get key() {
    return `kb-chat ${this.server.address} ${attribute(this, "site")}`;
  }

  // What the attributes and the surroundings say now.
  settle() {
    const theme = attribute(this, "theme");
    this.toggleAttribute("data-dark", theme === "dark" || (theme !== "light" && this.dark.matches));
    this.banner.hidden = navigator.onLine;
    this.win.hidden = !this.isOpen;
    if (!this.launch) return;
    unfold(this.launch, this.isOpen);
    label(this.launch, this.word(this.isOpen ? "close" : "open"));
    this.launch.replaceChildren(icon(this.isOpen ? "close" : "chat"));
  }

  build() {
    const { word, language, floats } = this;
    const draft = this.input?.value || "";
    const title = attribute(this, "heading") || word("title");
    this.input = h("textarea", { id: "input", rows: 1, maxlength: 2000, placeholder: word("ask"), "aria-label": word("ask"),
      oninput: () => this.grow(), onkeydown: (event) => this.typed(event) });
    this.input.value = draft;
    this.button = h("button", { class: "send", type: "submit" });
    this.log = h("div", { class: "log", role: "log", "aria-label": word("thread"), "aria-live": "polite", tabindex: 0 });
    this.banner = h("p", { class: "banner", role: "status" }, word("offline"));
    const tool = (name, onclick) => h("button", { class: "tool", "aria-label": word(name), title: word(name), onclick }, icon(name));
    const lang = language === "ko" ? "en" : "ko";
    const other = h("button", { class: "tool", name: "language", lang, onclick: () => this.speak(lang) }, word("other"));
    this.main = h("div", { class: "main" },
      h("header", null, h("h2", null, title), other, tool("fresh", () => this.fresh()),
        floats && tool("close", () => this.close())),
      this.banner, this.log,
      h("form", { class: "compose", onsubmit: (event) => this.submitted(event) }, h("div", { class: "box" }, this.input, this.button)),
      h("div", { class: "foot" }, this.person()));
    this.panel = new Panel(this);
    this.win = h("section", { class: "win", lang: language, role: floats ? "dialog" : "region", "aria-label": title,
      onkeydown: (event) => this.escaped(event) }, this.main, this.panel.element);
    this.launch = floats ? h("button", { class: "launch", onclick: () => this.isOpen ? this.close() : this.open() }) : null;
    this.shadowRoot.replaceChildren(h("div", { class: floats ? "float" : "full" }, this.win, this.launch));
    this.views = this.turns.map((state) => new Turn(this, state));
    this.settle();
    this.repaint();
    this.grow();
  }

  // The greeting stands where there is no thread yet, with questions that the docs answer.
  repaint() {
    this.busy = this.views.some((view) => view.isPending);
    this.log.setAttribute("aria-busy", this.busy);
    this.button.replaceChildren(icon(this.busy ? "stop" : "send"));
    label(this.button, this.word(this.busy ? "stop" : "send"));
    this.views.forEach((view, index) => view.paint(index === this.views.length - 1));
    this.log.replaceChildren(...(this.views.length ? this.views.map((view) => view.element) : [this.greeting()]));
  }

  greeting() {
    const list = h("div", { class: "asks" });
    const lead = h("p", { class: "label", hidden: true }, this.word("try"));
    const language = this.language;
    this.openers[language] ||= this.server.json(`/v1/suggestions?language=${language}`).catch(() => null);
    this.openers[language].then((found) => {
      if (!found) delete this.openers[language];
      lead.hidden = !found?.suggestions.length;
      list.replaceChildren(...(found?.suggestions || []).map((question) => this.askButton(question, question)));
    });
    return h("div", { class: "hello" }, h("b", null, attribute(this, "greeting") || this.word("hello")), h("p", null, this.word("intro")), lead, list);
  }

  askButton(shown, question, filters) {
    return h("button", { class: "ask", onclick: () => { this.ask(question, { filters }); this.input.focus(); } }, shown);
  }

  person(kind) {
    const href = attribute(this, "human-href") && webAddress(attribute(this, "human-href"), document.baseURI);
    if (!href && !this.hasAttribute("human")) return null;
    const onclick = (event) => {
      const turns = this.turns.map(({ question, answer }) => ({ question, answer: answer?.text, citations: answer?.citations }));
      const detail = { conversation_id: this.conversation || null, language: this.language, turns };
      if (!this.tell("kb-handoff", detail)) event.preventDefault();
    };
    return href ? h("a", { class: kind, href, target: "_blank", rel: "noopener", onclick }, this.word("person"))
      : h("button", { class: kind, onclick }, this.word("person"));
  }

  tell(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, cancelable: true, detail }));
  }

  open() {
    this.isOpen = true;
    this.settle();
    this.input.focus();
    this.tell("kb-open");
  }

  close() {
    this.isOpen = !this.floats;
    this.settle();
    this.launch?.focus();
    this.tell("kb-close");
  }

  speak(language) {
    this.chosen = language;
    this.build();
    this.shadowRoot.querySelector("[name=language]").focus();
  }

  fresh() {
    this.abort?.abort();
    this.turns = [];
    this.views = [];
    this.conversation = null;
    this.panel.close();
    this.save();
    this.repaint();
    this.input.focus();
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + 2}px`;
  }

  // Enter sends, but not while a Korean syllable is still being put together.
  typed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) this.submitted(event);
  }

  submitted(event) {
    event.preventDefault();
    if (this.busy) {
      if (event.type === "submit") this.abort.abort();
      return;
    }
    const question = this.input.value.trim();
    if (!question) return;
    this.input.value = "";
    this.grow();
    this.ask(question);
  }

  escaped(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    if (!this.panel.close() && this.floats) this.close();
  }

  again(view) {
    this.turns.splice(this.turns.indexOf(view.state), 1);
    this.views.splice(this.views.indexOf(view), 1);
    this.ask(view.state.question, { filters: view.state.filters });
    this.input.focus();
  }

  history() {
    return this.turns.filter(({ answer }) => answer).slice(-10).flatMap(({ question, answer }) => [
      { role: "user", content: question },
      { role: "assistant", content: answer.text.slice(0, 8000), citations: answer.citations.slice(0, 50).map(
        ({ doc_id, path, heading_path }) => ({ doc_id, path, heading_path: heading_path.slice(0, 10) })) },
    ]);
  }

  // The server keeps the conversation; where it has lost it, what is known here goes along.
  context() {
    if (this.conversation) return { conversation_id: this.conversation };
    return this.turns.length ? { history: this.history() } : { conversation: true };
  }

  async ask(question, { filters = {} } = {}) {
    if (this.busy) return;
    const context = this.context();
    const state = { question, filters };
    const view = new Turn(this, state);
    this.turns.push(state);
    this.views.push(view);
    const { signal } = this.abort = new AbortController();
    this.repaint();
    this.scrollTo(view);
    const hear = (name, data) => name === "delta" && this.viewOf(state).write(data.text);
    const send = (more) => this.server.ask({ question, filters, stream: true, ...more }, signal, hear);
    try {
      state.answer = await send(context).catch((error) => {
        if (error.code !== "gone" || !this.conversation) throw error;
        return send({ history: this.history() });
      });
      this.conversation = state.answer.conversation_id;
      this.tell("kb-answer", state.answer);
    } catch (error) {
      if (signal.aborted) state.stopped = true;
      else state.problem = { code: WORDS.en[error.code] ? error.code : "failed", seconds: error.seconds || 0 };
    }
    if (!this.turns.includes(state)) return;
    this.save();
    this.repaint();
    this.scrollTo(this.viewOf(state));
  }

  viewOf(state) {
    return this.views.find((view) => view.state === state) || new Turn(this, state);
  }

  scrollTo(view) {
    this.log.scrollTop = view.element.offsetTop - this.log.offsetTop - 12;
  }

  showSource(citation, opener) {
    return this.panel.show(citation, opener, citedText(this.server, citation));
  }

  showPage(page, opener) {
    return this.panel.show(page, opener, pageText(this.server, page));
  }

  save() {
    try {
      const { turns, conversation, server } = this;
      sessionStorage.setItem(this.key, JSON.stringify({ turns: turns.slice(-50), conversation, pass: server.pass }));
    } catch {
      // Storage is closed or full: the thread lives as long as the page.
    }
  }

  restore() {
    try {
      const { turns, conversation, pass } = JSON.parse(sessionStorage.getItem(this.key));
      this.turns = turns.filter(({ answer, problem, stopped }) => answer || problem || stopped);
      this.conversation = conversation;
      this.server.pass = pass;
    } catch {
      // Nothing was kept, or by another version.
    }
  }

  // What the server has kept counts: it may have withdrawn an answer since.
  async reread() {
    if (!this.conversation) return;
    const kept = await this.server.json(`/v1/conversations/${this.conversation}`).catch(() => null);
    if (!kept || this.busy) return;
    const thumbs = new Map(this.turns.map(({ answer, thumb }) => [answer?.id, thumb]));
    this.turns = kept.turns.map(({ question, answer }) => answer ? { question, answer, thumb: thumbs.get(answer.id) }
      : { question, problem: { code: "withheld" } });
    this.views = this.turns.map((state) => new Turn(this, state));
    this.repaint();
  }
}

customElements.define("kb-chat", KbChat);
