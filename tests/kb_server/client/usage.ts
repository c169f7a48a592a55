/** A program as a user writes it: compiled strictly against the client, then run against a served application. */
import { KbClient, KbError, slice, type Answer, type StreamEvent } from "./index.js";

declare const process: { argv: string[]; exitCode: number };
declare const console: { log(text: string): void };

const [, , url = "", relayed = "", question = ""] = process.argv;
const kb = new KbClient(url);
const answer: Answer = await kb.query(question, { top_k: 8 });
const quotes: boolean[] = [];
for (const citation of answer.citations) {
  const revision = await kb.revision(citation.doc_id, citation.revision);
  quotes.push(slice(revision.text, citation.char_start, citation.char_end) === citation.quote);
}
const events: StreamEvent[] = [];
for await (const event of new KbClient(relayed).stream(question)) {
  events.push(event);
}
let code = "";
try {
  await kb.search("a", { filters: { nope: "x" } });
} catch (error) {
  code = error instanceof KbError ? `${error.status} ${error.code}` : "another error";
}
const kept = await kb.query(question, { conversation: true });
const rated = await kb.feedback(kept.id, "down", { comment: question });
const conversation = await kb.conversation(kept.conversation_id ?? "");
await kb.deleteConversation(conversation.id);
const left = await kb.conversations();
const found = await kb.search(question, { top_k: 1 });
const listed = await kb.documents({ limit: 2 });
const verified = await kb.verify(answer);
console.log(
  JSON.stringify({
    answer,
    quotes,
    events,
    code,
    rated: rated.comment,
    turns: conversation.turns.map((turn) => turn.question),
    deleted: !left.conversations.some((other) => other.id === conversation.id),
    found: found.passages.map((passage) => passage.path),
    listed: listed.documents.length,
    holds: verified.holds,
  }),
);
