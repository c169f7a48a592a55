// What goes to the server and what comes back.
class Problem extends Error {
  constructor(code, seconds = 0) {
    super(code);
    this.code = code;
    this.seconds = seconds;
  }
}

function problemOf(status, body, seconds) {
  const wait = seconds || body.retry_after || 0;
  if (status === 429) return new Problem("limit", wait || 5);
  if (status === 503) return new Problem("busy", wait);
  if (status === 401 || status === 403) return new Problem("denied");
  if (status >= 400 && status < 500) return new Problem("invalid");
  return new Problem("failed");
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

class Server {
  constructor(element) {
    this.element = element;
    this.token = null;
  }

  get address() {
    return (this.element.getAttribute("server") || HOME).replace(/\/+$/, "");
  }

  async authorization(signal) {
    const given = this.element.token || this.element.getAttribute("token");
    if (given) return typeof given === "function" ? given() : given;
    const site = this.element.getAttribute("site");
    if (!site) return "";
    if (!this.token || this.token.until < Date.now()) {
      const response = await fetch(`${this.address}/v1/widget/tokens`, {
        method: "POST", headers: { "Content-Type": "application/json" }, signal,
        body: JSON.stringify({ site_id: site, previous: this.token?.value }),
      });
      if (!response.ok) throw problemOf(response.status, {}, Number(response.headers.get("Retry-After")));
      const { token, expires_in } = await response.json();
      this.token = { site, value: token, until: Date.now() + (expires_in - 30) * 1000 };
    }
    return this.token.value;
  }

  async call(path, { body, signal, headers = {}, method, again = true } = {}) {
    let response;
    try {
      const token = await this.authorization(signal);
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body) headers["Content-Type"] = "application/json";
      response = await fetch(this.address + path, {
        method: method || (body ? "POST" : "GET"), headers, signal, body: body && JSON.stringify(body), cache: "no-store",
      });
    } catch (error) {
      if (error instanceof Problem || error.name === "AbortError") throw error;
      throw new Problem(navigator.onLine ? "network" : "offline");
    }
    if (response.ok) return response;
    if (response.status === 401 && this.token && again) {
      this.token = null;
      return this.call(path, { body, signal, headers, method, again: false });
    }
    const problem = await response.json().catch(() => ({}));
    throw Object.assign(problemOf(response.status, problem, Number(response.headers.get("Retry-After"))), {
      status: response.status, field: problem.errors?.[0]?.field,
    });
  }

  async json(path, options) {
    const response = await this.call(path, options);
    return response.status === 204 ? null : response.json();
  }

  // Gives the answer; `on` hears of each event before it. A broken connection goes on where it was.
  async ask(body, signal, on) {
    let response = await this.call("/v1/query", { body, signal, headers: { Accept: "text/event-stream, application/json" } });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response.json();
    for (let last = "", tries = 1; ; tries++) {
      try {
        for await (const event of events(response.body)) {
          last = event.id || last;
          if (event.name === "answer") return event.data;
          if (event.name === "error") throw problemOf(event.data.status, event.data);
          on(event.name, event.data);
        }
      } catch (error) {
        if (error instanceof Problem || signal.aborted) throw error;
      }
      if (!last || tries === 4) throw new Problem(navigator.onLine ? "broken" : "offline");
      await pause(tries * 0.15);
      response = await this.call(`/v1/streams/${last.split(".")[0]}`, { signal, headers: { "Last-Event-ID": last } });
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
