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
  /** What the workspace may grow to; the host checks again and is final. */
  readonly quota: WorkspaceQuota;
  /** The same key for every repetition of this call: `Idempotency-Key` for whatever the tool talks to. */
  readonly key: string;
  /** W3C trace context of the call, so that one trace id reaches the isolate too. */
  readonly traceparent: string;
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
  | { readonly ok: true; readonly result: unknown; readonly changes: readonly FileChange[]; readonly console?: string }
  | {
      readonly ok: false;
      readonly error: { readonly code: ToolErrorCode; readonly message: string };
      readonly console?: string;
    };
