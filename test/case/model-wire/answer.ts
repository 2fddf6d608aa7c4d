/** What a model server is to do with one request, in words that every wire can be asked for. */

export type Tokens = {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
};

export type Part =
  | { readonly kind: "text"; readonly text: string }
  /** `pieces` of the arguments' JSON, sent one by one. */
  | { readonly kind: "call"; readonly id: string; readonly name: string; readonly pieces: readonly string[] }
  /** Sends nothing more until the promise resolves; one that is given as a function begins here. */
  | { readonly kind: "wait"; readonly until: Promise<unknown> | (() => Promise<unknown>) };

export type Stop = "stop" | "tool_calls" | "max_tokens" | "refusal";

export type ErrorKind =
  | "rate_limited"
  | "rate_limited_silent" // no retry-after, and nothing about spending
  | "spend_limit"
  | "overloaded"
  | "unavailable"
  | "server"
  | "auth"
  | "forbidden"
  | "too_large"
  | "context"
  | "bad_request"
  | "not_found"
  | "parrot"; // a refusal that repeats what it was sent, wherever it may

export type Answer =
  | {
      readonly kind: "stream";
      readonly parts: readonly Part[];
      readonly stop: Stop;
      /**
       * complete: as the protocol ends. cut: the connection breaks. eof: it ends politely, but early. stall: nothing
       * more comes. error: an overload is announced inside the stream. endless: complete, but the connection stays.
       */
      readonly end: "complete" | "cut" | "eof" | "stall" | "error" | "endless";
      /** Null: the server counts nothing. */
      readonly tokens: Tokens | null;
    }
  | { readonly kind: "error"; readonly error: ErrorKind; readonly retryAfter?: string }
  /** Takes the request and never answers. */
  | { readonly kind: "silence" }
  /** Takes the request and resets the connection. */
  | { readonly kind: "reset" }
  | { readonly kind: "redirect"; readonly to: string }
  /** Something that is no model server answered. */
  | { readonly kind: "page"; readonly body: string; readonly type: string };

export const TOKENS: Tokens = { input: 11, cacheRead: 1_024, cacheWrite: 7, output: 23 };

export const text = (value: string): Part => ({ kind: "text", text: value });
export const call = (name: string, json: string, id = "call_a"): Part => ({
  kind: "call",
  id,
  name,
  // In three pieces, so that no provider can rely on whole ones.
  pieces: [json.slice(0, 3), json.slice(3, 7), json.slice(7)].filter((piece) => piece !== ""),
});
export const wait = (until: (Part & { readonly kind: "wait" })["until"]): Part => ({ kind: "wait", until });

export const stream = (
  parts: readonly Part[],
  more: Partial<Omit<Answer & { kind: "stream" }, "kind" | "parts">> = {},
): Answer => ({
  kind: "stream",
  parts,
  stop: parts.some((part) => part.kind === "call") ? "tool_calls" : "stop",
  end: "complete",
  tokens: TOKENS,
  ...more,
});
