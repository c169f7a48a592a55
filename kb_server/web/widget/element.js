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
    return !["page", "inline"].includes(this.getAttribute("mode"));
  }

  get language() {
    const given = this.chosen || this.getAttribute("lang") || document.documentElement.lang || navigator.language || "en";
    return given.toLowerCase().startsWith("ko") ? "ko" : "en";
  }

  get key() {
    return `kb-chat ${this.server.address} ${this.getAttribute("site") || ""}`;
  }

  // What the attributes and the surroundings say now.
  settle() {
    const theme = this.getAttribute("theme");
    this.toggleAttribute("data-dark", theme === "dark" || (theme !== "light" && this.dark.matches));
    this.banner.hidden = navigator.onLine;
    this.win.hidden = !this.isOpen;
    this.launch?.setAttribute("aria-expanded", this.isOpen);
    this.launch?.setAttribute("aria-label", this.word(this.isOpen ? "close" : "open"));
    this.launch?.replaceChildren(icon(this.isOpen ? "close" : "chat"));
  }

  build() {
    const { word, language, floats } = this;
    const draft = this.input?.value || "";
    const title = this.getAttribute("heading") || word("title");
    this.input = h("textarea", { id: "input", rows: 1, maxlength: 2000, placeholder: word("ask"), "aria-label": word("ask"),
      oninput: () => this.grow(), onkeydown: (event) => this.typed(event) });
    this.input.value = draft;
    this.button = h("button", { class: "send", type: "submit" });
    this.log = h("div", { class: "log", role: "log", "aria-label": word("thread"), "aria-live": "polite", tabindex: 0 });
    this.banner = h("p", { class: "banner", role: "status" }, word("offline"));
    const tool = (name, label, content, onclick) => h("button", { class: "tool", "aria-label": label, title: label, onclick, name }, content);
    const other = tool("language", word("other_lang"), word("other"), () => this.speak(language === "ko" ? "en" : "ko"));
    other.lang = language === "ko" ? "en" : "ko";
    this.main = h("div", { class: "main" },
      h("header", null, h("h2", null, title), other, tool("fresh", word("fresh"), icon("fresh"), () => this.fresh()),
        floats && tool("close", word("close"), icon("close"), () => this.close())),
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
    this.button.setAttribute("aria-label", this.word(this.busy ? "stop" : "send"));
    this.views.forEach((view, index) => view.paint(index === this.views.length - 1));
    this.log.replaceChildren(...(this.views.length ? this.views.map((view) => view.element) : [this.greeting()]));
  }

  greeting() {
    const list = h("div", { class: "asks" });
    const label = h("p", { class: "label", hidden: true }, this.word("try"));
    const language = this.language;
    this.openers[language] ||= this.server.json(`/v1/suggestions?language=${language}`).catch(() => null);
    this.openers[language].then((found) => {
      if (!found) delete this.openers[language];
      label.hidden = !found?.suggestions.length;
      list.replaceChildren(...(found?.suggestions || []).map((question) => this.askButton(question, question)));
    });
    return h("div", { class: "hello" }, h("b", null, this.getAttribute("greeting") || this.word("hello")), h("p", null, this.word("intro")), label, list);
  }

  askButton(shown, question, filters) {
    return h("button", { class: "ask", onclick: () => { this.ask(question, { filters }); this.input.focus(); } }, shown);
  }

  person(kind) {
    const href = this.hasAttribute("human-href") && webAddress(this.getAttribute("human-href"), document.baseURI);
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

  async ask(question, { filters } = {}) {
    if (this.busy) return;
    const body = { question, filters: filters || {}, stream: true, history: this.history() };
    const state = { question, filters };
    const view = new Turn(this, state);
    this.turns.push(state);
    this.views.push(view);
    const { signal } = this.abort = new AbortController();
    this.repaint();
    this.scrollTo(view);
    try {
      state.answer = await this.server.ask(body, signal, (name, data) => {
        if (name === "delta") this.viewOf(state).write(data.text);
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
      sessionStorage.setItem(this.key, JSON.stringify({ turns: this.turns.slice(-50), conversation: this.conversation }));
    } catch {
      // Storage is closed or full: the thread lives as long as the page.
    }
  }

  restore() {
    try {
      const { turns, conversation } = JSON.parse(sessionStorage.getItem(this.key));
      this.turns = turns.filter(({ answer, problem, stopped }) => answer || problem || stopped);
      this.conversation = conversation;
    } catch {
      // Nothing was kept, or by another version.
    }
  }
}

customElements.define("kb-chat", KbChat);
