import { ConnectionFailedError, errorOf } from "./errors.js";
import { eventsOf, type StreamEvent } from "./events.js";
import type {
  Answer,
  ConversationEntry,
  ConversationPage,
  DocumentInfo,
  DocumentPage,
  FeedbackEntry,
  FeedbackRequest,
  QueryRequest,
  RevisionText,
  SearchRequest,
  SearchResponse,
  VerifyRequest,
  VerifyResponse,
} from "./models.js";
import type { paths } from "./schema.js";

export interface ClientOptions {
  /** Key or token, where the server asks for one. Never put a key into a web page: give it a widget token. */
  apiKey?: string;
  /** How often a request is sent again after 429, 503 or a broken connection. */
  retries?: number;
  /** A server that asks for a longer pause, in seconds, is given up. */
  longestPause?: number;
}

export type QueryFields = Omit<QueryRequest, "question" | "stream">;
export type FeedbackFields = Omit<FeedbackRequest, "answer_id" | "rating">;
export type SearchFields = Omit<SearchRequest, "query">;

interface Call {
  method: "GET" | "POST" | "DELETE";
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

const FIRST_PAUSE = 0.2;
const AGAIN = new Set([429, 503]);

/** Asks one kb-server, from Node, a browser or anything else that has `fetch`. */
export class KbClient {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #retries: number;
  readonly #longestPause: number;

  constructor(url: string, { apiKey, retries = 3, longestPause = 10 }: ClientOptions = {}) {
    this.#url = url.replace(/\/+$/, "");
    this.#headers = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
    this.#retries = retries;
    this.#longestPause = longestPause;
  }

  /** Answer a question. */
  query(question: string, fields: QueryFields = {}, signal?: AbortSignal): Promise<Answer> {
    return this.#json<Answer>(post("/v1/query", { ...fields, question } satisfies QueryRequest), signal);
  }

  /**
   * Answer a question event by event; the last one is the whole answer.
   *
   * A connection that breaks is taken up again behind the last event that arrived.
   */
  async *stream(
    question: string,
    fields: QueryFields = {},
    signal?: AbortSignal,
  ): AsyncGenerator<StreamEvent, void, void> {
    let call = post("/v1/query", { ...fields, question, stream: true } satisfies QueryRequest);
    for (let breaks = 0; ; breaks += 1) {
      const response = await this.#send(call, signal);
      try {
        for await (const event of eventsOf(response)) {
          yield event;
          if (event.type === "answer") {
            return;
          }
          call = resume(event.id);
          breaks = 0;
        }
      } catch (failure) {
        if (!isBreak(failure, signal)) {
          throw failure;
        }
      }
      await this.#pause(breaks + 1, undefined, new ConnectionFailedError("The stream ended before its answer."));
    }
  }

  /** Find passages. */
  search(query: string, fields: SearchFields = {}, signal?: AbortSignal): Promise<SearchResponse> {
    return this.#json<SearchResponse>(post("/v1/search", { ...fields, query } satisfies SearchRequest), signal);
  }

  /** Say what still holds of an answer. */
  verify(answer: Answer | VerifyRequest, signal?: AbortSignal): Promise<VerifyResponse> {
    const body = "generator" in answer ? { answer } : answer;
    return this.#json<VerifyResponse>(post("/v1/verify", body), signal);
  }

  /** List documents whose paths come behind `after`. */
  documents({ limit = 100, after = "" } = {}, signal?: AbortSignal): Promise<DocumentPage> {
    const query = new URLSearchParams({ limit: String(limit), after });
    return this.#json<DocumentPage>({ method: "GET", path: `/v1/documents?${query}` }, signal);
  }

  /** Describe one document. */
  document(docId: string, signal?: AbortSignal): Promise<DocumentInfo> {
    return this.#json<DocumentInfo>({ method: "GET", path: `/v1/documents/${encodeURIComponent(docId)}` }, signal);
  }

  /** Get the text that citations of `revision` point into. Offsets count code points: see `slice`. */
  revision(docId: string, revision: string, signal?: AbortSignal): Promise<RevisionText> {
    const path = `/v1/documents/${encodeURIComponent(docId)}/revisions/${encodeURIComponent(revision)}`;
    return this.#json<RevisionText>({ method: "GET", path }, signal);
  }

  /** Say what someone thinks of an answer, or of one of its citations. */
  feedback(
    answerId: string,
    rating: FeedbackRequest["rating"],
    fields: FeedbackFields = {},
    signal?: AbortSignal,
  ): Promise<FeedbackEntry> {
    const body = { ...fields, answer_id: answerId, rating } satisfies FeedbackRequest;
    return this.#json<FeedbackEntry>(post("/v1/feedback", body), signal);
  }

  /** List the caller's conversations, the one that was used last first. */
  conversations({ limit = 50, after = "" } = {}, signal?: AbortSignal): Promise<ConversationPage> {
    const query = new URLSearchParams({ limit: String(limit), ...(after === "" ? {} : { after }) });
    return this.#json<ConversationPage>({ method: "GET", path: `/v1/conversations?${query}` }, signal);
  }

  /** Get a conversation with its last turns. */
  conversation(id: string, signal?: AbortSignal): Promise<ConversationEntry> {
    return this.#json<ConversationEntry>({ method: "GET", path: conversationPath(id) }, signal);
  }

  /** Delete a conversation, its answers and their feedback for good. */
  async deleteConversation(id: string, signal?: AbortSignal): Promise<void> {
    await this.#send({ method: "DELETE", path: conversationPath(id) }, signal);
  }

  async #json<T>(call: Call, signal: AbortSignal | undefined): Promise<T> {
    return (await (await this.#send(call, signal)).json()) as T;
  }

  async #send(call: Call, signal: AbortSignal | undefined): Promise<Response> {
    for (let sent = 1; ; sent += 1) {
      try {
        const response = await fetch(this.#url + call.path, {
          method: call.method,
          headers: { ...this.#headers, ...call.headers },
          ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
          ...(signal === undefined ? {} : { signal }),
        });
        if (response.ok) {
          return response;
        }
        const error = await errorOf(response);
        if (!AGAIN.has(response.status)) {
          throw error;
        }
        await this.#pause(sent, error.retryAfter, error);
      } catch (failure) {
        if (!isBreak(failure, signal)) {
          throw failure;
        }
        await this.#pause(sent, undefined, new ConnectionFailedError(`${this.#url}: ${reason(failure)}`));
      }
    }
  }

  /** Wait before the next try, or throw `failure` to give up. */
  async #pause(sent: number, retryAfter: number | undefined, failure: Error): Promise<void> {
    const seconds = retryAfter ?? FIRST_PAUSE * 2 ** (sent - 1);
    if (sent > this.#retries || seconds > this.#longestPause) {
      throw failure;
    }
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** Cut a text by the server's offsets, which count code points, as JavaScript's own do not. */
export function slice(text: string, start: number, end: number): string {
  return [...text].slice(start, end).join("");
}

function conversationPath(id: string): string {
  return `/v1/conversations/${encodeURIComponent(id)}`;
}

function post(path: keyof paths & string, body: unknown): Call {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": newKey() };
  return { method: "POST", path, headers, body };
}

/** Make a key that tells requests apart; it is no secret, and `crypto` is not there in every page. */
function newKey(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
}

function resume(eventId: string): Call {
  const answerId = eventId.slice(0, eventId.lastIndexOf("."));
  return { method: "GET", path: `/v1/streams/${encodeURIComponent(answerId)}`, headers: { "Last-Event-ID": eventId } };
}

/** `fetch` reports a connection that failed or broke as a `TypeError`; what the caller aborted is none. */
function isBreak(failure: unknown, signal: AbortSignal | undefined): boolean {
  return failure instanceof TypeError && signal?.aborted !== true;
}

function reason(failure: unknown): string {
  const cause = failure instanceof Error ? failure.cause : undefined;
  return cause instanceof Error ? cause.message : String(failure);
}
