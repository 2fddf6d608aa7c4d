/**
 * What crosses the wall between the host and a tool's isolate, in both directions. Everything is plain data: the host
 * sends one JSON string and gets one back, caps both, and parses the answer as the attacker's. This is the only file
 * a tool worker may import from outside its own folder.
 */

export type FileContent = {
  readonly text: string;
  /** Set when the content is not UTF-8 text, or holds a NUL: `text` is its bytes in base64. */
  readonly encoding?: "base64";
};

export type ToolFile = FileContent & {
  /** Absolute, normalised, inside the workspace. */
  readonly path: string;
};

/**
 * A short call goes in the head of its request, and a short answer in the head of a response: a body is a stream, and to wait for
 * each of the two streams enters an isolate once more, which is more work than a short call itself. The rest goes in bodies.
 */
export const CALL_HEADER = "call";
export const ANSWER_HEADER = "answer";
/** The status of a response that has its answer in its head: it can have no body beside it. */
export const ANSWERED_IN_HEAD = 204;
/** Half of what Node takes of a whole head; Cloudflare takes 128 KiB. */
const HEAD_TEXT_BYTES_MAX = 8 * 1024;

/** Whether a header carries this JSON as it is: it begins and ends with no white space, and its line ends are escaped. */
export const fitsHead = (json: string): boolean => json.length <= HEAD_TEXT_BYTES_MAX && /^[ -~]*$/.test(json);

/** Host -> worker. */
export type WorkerRequest = {
  readonly arguments: { readonly [name: string]: unknown };
  /** The workspace as the call may see it: a snapshot, so that writes are staged. */
  readonly files: readonly ToolFile[];
  /** What the call may do with files. */
  readonly access: "none" | "read" | "write";
  /** Prefixes that writes must stay in; `/workspace` style, no trailing slash. */
  readonly scopes: readonly string[];
  /** A time limit the worker enforces on its own loops; the host's is a little longer and final. */
  readonly timeoutMs: number;
  /** Bytes of heap an engine inside the worker may take. */
  readonly memoryBytes: number;
  /** What the workspace may grow to; the host checks again and is final. */
  readonly quota: WorkspaceQuota;
  /** The same key for every repetition of this call: `Idempotency-Key` for whatever the tool talks to. */
  readonly key: string;
  /** W3C trace context of the call, so that one trace id reaches the isolate too. */
  readonly traceparent: string;
};

/** `arguments` of a request to the worker of remote MCP servers; the host makes them, no model does. */
export type McpRequest =
  | { readonly action: "list"; readonly url: string; readonly wanted: readonly string[] }
  | {
      readonly action: "call";
      readonly url: string;
      readonly name: string;
      readonly arguments: { readonly [name: string]: unknown };
    };

export type WorkspaceQuota = {
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly files: number;
};

/** Where a task's files live when a policy names no scope of its own; also the working directory of code. */
export const WORKSPACE_ROOT = "/workspace";

/** UTF-16 code units. Longer than any sane path, short enough to log and to index. */
const PATH_LENGTH_MAX = 1024;

/**
 * An absolute path in normal form: no empty and no `.` segments, no trailing slash.
 * `..` is refused rather than resolved: a path that climbs is a mistake or an attack, never a need. There are no
 * symbolic links, so a path in normal form means one file.
 * @returns null when the text is no such path.
 */
export function parsePath(text: unknown): string | null {
  if (typeof text !== "string" || text.length > PATH_LENGTH_MAX || !text.startsWith("/")) return null;
  // Control characters, backslashes and broken UTF-16 only ever serve to make two readers see two paths.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (/[\u0000-\u001f\u007f\\]/.test(text) || !text.isWellFormed()) return null;
  const segments = text.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.includes("..") ? null : `/${segments.join("/")}`;
}

/** Whether a normal path is a scope or lies under one: whole segments, so `/workspace2` is not in `/workspace`. */
export const isInScopes = (path: string, scopes: readonly string[]): boolean =>
  scopes.some((scope) => path === scope || path.startsWith(scope === "/" ? "/" : `${scope}/`));

const encoder = new TextEncoder();

/** What a file costs its quota. */
export function contentBytes({ text, encoding }: FileContent): number {
  if (encoding === undefined) return encoder.encode(text).byteLength;
  return (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
}

/** Whether it may be stored as it is: well-formed text without NUL, or whole base64. */
export const isStorable = ({ text, encoding }: FileContent): boolean =>
  encoding === undefined
    ? text.isWellFormed() && !text.includes("\0")
    : text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

export function toBytes({ text, encoding }: FileContent): Uint8Array {
  return encoding === undefined ? encoder.encode(text) : Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** Arguments of one call of `fromCharCode`; more of them overflow the stack. */
const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** The one form that these bytes have: text wherever they are text. */
export function toContent(bytes: Uint8Array): FileContent {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return { text };
  } catch {
    // Not UTF-8, so not text.
  }
  return { text: toBase64(bytes), encoding: "base64" };
}

export const TOOL_ERROR_CODES = [
  "TOOL_DENIED",
  "TOOL_UNKNOWN",
  "TOOL_ARGUMENTS",
  "TOOL_TIMEOUT",
  "TOOL_LIMIT",
  "EGRESS_DENIED",
  "PATH_DENIED",
  "APPROVAL_REJECTED",
  "APPROVAL_EXPIRED",
  "TOOL_FAILED",
] as const;
export type ToolErrorCode = (typeof TOOL_ERROR_CODES)[number];

/** A write is staged: it takes effect when the host commits it with the call's result. */
export type FileChange =
  | ({ readonly kind: "put"; readonly path: string } & FileContent)
  | { readonly kind: "delete"; readonly path: string };

/** One request to the outside, as a worker asks its call's gateway for it. */
export type GatewayRequest = {
  /** Upper case. */
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | null;
  /** Id of a JSON-RPC request: of an answer in an event stream nothing is read after the answer to it. */
  readonly until?: string | number;
};

export type GatewayAnswer =
  /** Also a redirect: its next hop is another request. Header names are in lower case. */
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: Uint8Array;
    }
  | { readonly ok: false; readonly error: { readonly code: ToolErrorCode; readonly message: string } };

/**
 * The only way out of an isolate: handed to `run` beside the request, for this one call, and dead when the call is
 * over. Null for a tool without network. It never rejects while the call is open.
 */
export interface Gateway {
  send(request: GatewayRequest): Promise<GatewayAnswer>;
}

/** Worker -> host. */
export type WorkerResponse =
  | { readonly ok: true; readonly result: unknown; readonly changes: readonly FileChange[]; readonly console?: string }
  | {
      readonly ok: false;
      readonly error: { readonly code: ToolErrorCode; readonly message: string };
      /** The tool did not say so itself: its engine ended it, in the middle of whatever it did. */
      readonly wasStopped?: true;
      readonly console?: string;
    };
