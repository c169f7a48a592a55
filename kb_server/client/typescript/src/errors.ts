import type { Problem } from "./models.js";

/** The server answered with a problem; programs branch on `code`. */
export class KbError extends Error {
  override readonly name = "KbError";

  constructor(
    readonly problem: Problem,
    /** Seconds after which asking again can help, where the server says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(`${problem.code} (${problem.status}): ${problem.detail} ${problem.remedy}`.trim());
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** The server cannot be reached, or broke off. */
export class ConnectionFailedError extends Error {
  override readonly name = "ConnectionFailedError";
}

/** Read the problem in a reply; a proxy in front may answer in words of its own. */
export async function errorOf(response: Response): Promise<KbError> {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  const text = await response.text();
  return new KbError(problemOf(text) ?? unknownProblem(response), Number.isFinite(after) ? after : undefined);
}

function problemOf(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "code" in value ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}

function unknownProblem(response: Response): Problem {
  return {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `${response.url} answered ${response.status} ${response.statusText}.`,
    code: "unknown",
    remedy: "",
    request_id: response.headers.get("x-request-id") ?? "",
  };
}
