export { KbClient, slice, type ClientOptions, type FeedbackFields, type QueryFields, type SearchFields } from "./client.js";
export { ConnectionFailedError, KbError } from "./errors.js";
export type { StreamEvent } from "./events.js";
export type * from "./models.js";
