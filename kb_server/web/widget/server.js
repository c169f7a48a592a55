// What goes to the server and what comes back.
class Problem extends Error {
  constructor(code, seconds = 0) {
    super(code);
    this.code = code;
    this.seconds = seconds;
  }
}

function problemOf({ status, headers, retry_after }) {
  const wait = Number(headers?.get("Retry-After")) || retry_after || 0;
  if (status === 429) return new Problem("limit", wait || 5);
  if (status === 503) return new Problem("busy", wait);
  if (status === 401 || status === 403) return new Problem("denied");
  if (status === 404) return new Problem("gone");
  return new Problem(status < 500 ? "invalid" : "failed");
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

class Server {
  constructor(element) {
    this.element = element;
    this.pass = null;
  }

  get address() {
    return (attribute(this.element, "server") || HOME).replace(/\/+$/, "");
  }

  // A token of the page's own, or one for its public id; the last one says that it is the same visitor.
  async authorization() {
    const given = this.element.token || attribute(this.element, "token");
    if (given) return typeof given === "function" ? given() : given;
    const site = attribute(this.element, "site");
    if (!site) return "";
    // Asked for once, whoever waits for it: two tokens would be two visitors.
    if (!(this.pass?.until > Date.now())) await (this.asking ||= this.exchange(site).finally(() => (this.asking = null)));
    return this.pass.token;
  }

  async exchange(site_id) {
    const response = await fetch(`${this.address}/v1/widget/tokens`, {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ site_id, previous: this.pass?.token }),
    });
    if (!response.ok) throw problemOf(response);
    const { token, expires_in } = await response.json();
    this.pass = { token, until: Date.now() + (expires_in - 30) * 1000 };
    this.element.save();
  }

  async call(path, { body, signal, headers = {}, again = true } = {}) {
    let response;
    try {
      const token = await this.authorization();
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body) headers["Content-Type"] = "application/json";
      response = await fetch(this.address + path, {
        method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body), cache: "no-store",
      });
    } catch (error) {
      if (error instanceof Problem || error.name === "AbortError") throw error;
      throw new Problem(navigator.onLine ? "network" : "offline");
    }
    if (response.ok) return response;
    if (response.status === 401 && this.pass && again) {
      this.pass.until = 0;
      return this.call(path, { body, signal, headers, again: false });
    }
    throw problemOf(response);
  }

  async json(path, options) {
    return (await this.call(path, options)).json();
  }

  // Gives the answer; `on` hears of each event before it. A broken connection goes on where it was.
  async ask(body, signal, on) {
    let response = await this.call("/v1/query", { body, signal });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response.json();
    for (let last = "", tries = 1; ; tries++) {
      try {
        for await (const event of events(response.body)) {
          last = event.id || last;
          if (event.name === "answer") return event.data;
          if (event.name !== "error") on(event.name, event.data);
          // Its token ran out while the answer was made: the next one goes on from there.
          else if (event.data.status === 401 && this.pass?.until) this.pass.until = 0;
          else throw problemOf(event.data);
        }
      } catch (error) {
        if (error instanceof Problem || signal.aborted) throw error;
      }
      if (!last || tries === 4) throw new Problem(navigator.onLine ? "broken" : "offline");
      await pause(tries * 0.15);
      response = await this.call(`/v1/streams/${last.split(".")[0]}`, { signal, headers: { "Last-Event-ID": last } })
        // The server may be starting anew: tried again, and then the answer has broken off.
        .catch(() => response);
    }
  }
}

// Reads server-sent events; comments and unknown fields are passed over.
async function* events(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split(/\r?\n\r?\n/);
      text = blocks.pop();
      for (const block of blocks) {
        const fields = {};
        for (const line of block.split(/\r?\n/)) {
          const [, name, content] = /^(\w+): ?(.*)$/.exec(line) || [];
          if (name) fields[name] = name in fields ? `${fields[name]}\n${content}` : content;
        }
        if (fields.data) yield { id: fields.id, name: fields.event, data: JSON.parse(fields.data) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
