/**
 * What crosses the wall between the host and a tool's isolate, in both directions. Everything is plain data: the host
 * sends one JSON string and gets one back, caps both, and parses the answer as the attacker's. This is the only file
 * a tool worker may import from outside its own folder.
 */

export type ToolFile = {
  /** Absolute, normalised, inside the workspace. */
  readonly path: string;
  readonly text: string;
};

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
  /** The same key for every repetition of this call: `Idempotency-Key` for whatever the tool talks to. */
  readonly key: string;
};

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
  | { readonly kind: "put"; readonly path: string; readonly text: string }
  | { readonly kind: "delete"; readonly path: string };

/** Worker -> host. */
export type WorkerResponse =
  | { readonly ok: true; readonly result: unknown; readonly changes: readonly FileChange[] }
  | { readonly ok: false; readonly error: { readonly code: ToolErrorCode; readonly message: string } };
