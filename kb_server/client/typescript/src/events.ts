/** The events of a streamed answer, and the reader of the format (server-sent events, WHATWG HTML). */
import { KbError } from "./errors.js";
import type { Answer, AnswerCitation, NearestPage, Problem } from "./models.js";

export type StreamEvent =
  | { type: "passages"; id: string; passages: NearestPage[] }
  | { type: "delta"; id: string; text: string }
  | { type: "citation"; id: string; citation: AnswerCitation }
  | { type: "answer"; id: string; answer: Answer };

/** Give the events of a reply as they arrive; throws the `KbError` that an `error` event carries. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent, void, void> {
  if (response.body === null) {
    return;
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      rest += decoder.decode(piece.value, { stream: true });
      const blocks = rest.split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== undefined) {
          yield event;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the connection may be gone already
  }
}

function eventOf(block: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [name = "", ...value] = line.split(":");
    const text = value.join(":").replace(/^ /, "");
    fields.set(name, fields.has(name) ? `${fields.get(name)}\n${text}` : text);
  }
  const data = fields.get("data");
  return data === undefined ? undefined : typed(fields.get("event") ?? "message", fields.get("id") ?? "", data);
}

function typed(name: string, id: string, data: string): StreamEvent | undefined {
  switch (name) {
    case "passages":
      return { type: name, id, passages: (JSON.parse(data) as { passages: NearestPage[] }).passages };
    case "delta":
      return { type: name, id, text: (JSON.parse(data) as { text: string }).text };
    case "citation":
      return { type: name, id, citation: JSON.parse(data) as AnswerCitation };
    case "answer":
      return { type: name, id, answer: JSON.parse(data) as Answer };
    case "error": {
      const problem = JSON.parse(data) as Problem & { retry_after?: number };
      throw new KbError(problem, problem.retry_after);
    }
    default:
      return undefined; // a kind of event that is newer than this client
  }
}
