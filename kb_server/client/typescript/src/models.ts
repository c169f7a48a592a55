/** The schemas of the OpenAPI document under short names. */
import type { components } from "./schema.js";

type Schemas = components["schemas"];

export type Answer = Schemas["Answer"];
export type AnswerCitation = Schemas["AnswerCitation"];
export type ConversationEntry = Schemas["ConversationEntry"];
export type ConversationPage = Schemas["ConversationPage"];
export type DocumentInfo = Schemas["DocumentInfo"];
export type DocumentPage = Schemas["DocumentPage"];
export type FeedbackEntry = Schemas["FeedbackEntry"];
export type FeedbackRequest = Schemas["FeedbackRequest"];
export type NearestPage = Schemas["NearestPage"];
export type Passage = Schemas["Passage"];
export type Problem = Schemas["Problem"];
export type QueryRequest = Schemas["QueryRequest"];
export type RevisionText = Schemas["RevisionText"];
export type SearchRequest = Schemas["SearchRequest"];
export type SearchResponse = Schemas["SearchResponse"];
export type VerifyRequest = Schemas["VerifyRequest"];
export type VerifyResponse = Schemas["VerifyResponse"];
