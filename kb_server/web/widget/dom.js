// Elements are made by name, never from strings: nothing that a page or a reader wrote is ever parsed here.
function h(name, props, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props || {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

const attribute = (element, name) => element.getAttribute(name) || "";
const label = (element, text) => element.setAttribute("aria-label", text);
const unfold = (element, isOpen) => element?.setAttribute("aria-expanded", isOpen);

const PATHS = {
  chat: "M4 5h16v11H9l-5 4z", close: "M6 6l12 12M18 6L6 18", send: "M12 19V5M6 11l6-6 6 6", stop: "M7 7h10v10H7z",
  fresh: "M12 5v14M5 12h14", bad: "M17 3v11M17 14l-4 7c-2 0-3-1-3-3v-4H5.5c-1 0-1.7-1-1.5-2l1.3-7c.2-1 1-2 2-2H17zM17 3h3v11h-3",
  good: "M7 21V10M7 10l4-7c2 0 3 1 3 3v4h4.5c1 0 1.7 1 1.5 2l-1.3 7c-.2 1-1 2-2 2H7zM7 21H4V10h3",
};

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

// The address as a link may carry it, or "" for anything but the web: a page cannot make a link run a script.
function webAddress(url, base) {
  try {
    const address = new URL(url, base || undefined);
    return /^https?:$/.test(address.protocol) ? address.href : "";
  } catch {
    return "";
  }
}

const POLICY = globalThis.trustedTypes?.createPolicy("kb-chat", { createHTML: (html) => html });
const SHOWN = new Set("P BR STRONG EM S CODE PRE BLOCKQUOTE HR UL OL LI A TABLE THEAD TBODY TR TH TD".split(" "));

// Copies the server's cleaned HTML element by element: what is not known here is shown as its text.
function answerNodes(html, chip) {
  const parsed = new DOMParser().parseFromString(POLICY ? POLICY.createHTML(html) : html, "text/html");
  const copy = (node) => {
    // A chip stays on the line of the word before it.
    if (node.nodeType === Node.TEXT_NODE) return node.nextSibling?.className === "kb-cite" ? node.data.replace(/ $/, "\u00a0") : node.data;
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.className === "kb-cite") return chip(node.dataset.citation, node.textContent);
    const children = [...node.childNodes].map(copy);
    if (!SHOWN.has(node.tagName)) return h("span", null, children);
    const props = {};
    if (node.tagName === "A") {
      const href = attribute(node, "href");
      props.href = /^mailto:/i.test(href) ? href : webAddress(href) || null;
      Object.assign(props, { target: "_blank", rel: "nofollow noopener noreferrer" });
    }
    if (node.tagName === "OL") props.start = attribute(node, "start") || null;
    if (node.tagName === "TH") props.scope = "col";
    if (node.tagName === "PRE") props.tabindex = 0;
    const element = h(node.tagName, props, children);
    return node.tagName === "TABLE" ? h("div", { class: "scroll", tabindex: 0 }, element) : element;
  };
  return [...parsed.body.childNodes].map(copy);
}

// Offsets count code points, strings here count UTF-16 units.
function unitsOf(text, points) {
  let at = 0;
  while (points-- > 0) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return at;
}
