/**
 * A worker's answer -> an outcome. The worker ran code that a model wrote, so its answer is the attacker's: every part
 * is checked again here, and one bad part voids the whole call, with nothing staged.
 */
import { err, isDeeperThan, isRecord, ok, type Result, utf8Length } from "../platform/index.ts";
import {
  contentBytes,
  type FileChange,
  type FileContent,
  isStorable,
  type ToolErrorCode,
  type ToolFile,
} from "./contract.ts";
import {
  CONSOLE_CHARS_MAX,
  ERROR_MESSAGE_LENGTH_MAX,
  RESULT_BYTES_MAX,
  RESULT_DEPTH_MAX,
  WORKSPACE_QUOTA,
} from "./limits.ts";
import { canonicalPath } from "./policy.ts";
import type { SandboxPolicy, ToolRefusal } from "./types.ts";

export type Answer = { readonly resultJson: string; readonly changes: readonly FileChange[] };

/** Codes a worker may give itself; others are the host's words and are not taken from it. */
const WORKER_CODES: readonly ToolErrorCode[] = ["TOOL_ARGUMENTS", "TOOL_TIMEOUT", "TOOL_LIMIT", "PATH_DENIED"];

const failed = (message: string): Result<never, ToolRefusal> => err({ code: "TOOL_FAILED", message });
const limited = (message: string): Result<never, ToolRefusal> => err({ code: "TOOL_LIMIT", message });

/** Undefined for what is not JSON, or too deep for the parser. `__proto__` members are dropped. */
export function readAnswer(json: string): unknown {
  try {
    return JSON.parse(json, (key, value: unknown) => (key === "__proto__" ? undefined : value));
  } catch {
    return undefined; // the caller says what was expected; the parser's words would quote the attacker's text
  }
}

/** @param answer as `readAnswer` gives it. */
export function parseAnswer(
  answer: unknown,
  context: {
    readonly policy: SandboxPolicy;
    readonly files: readonly ToolFile[];
    /** Whether a request of this call was really denied, so that the worker may say so. */
    readonly wasDenied?: boolean;
  },
): Result<Answer, ToolRefusal> {
  if (!isRecord(answer)) return failed("the tool's answer is not a JSON object");
  if (answer.ok !== true) return parseError(answer.error, context.wasDenied === true);
  const result: unknown = answer.result ?? null;
  if (isDeeperThan(result, RESULT_DEPTH_MAX))
    return limited(`the result is nested deeper than ${RESULT_DEPTH_MAX} levels`);
  const resultJson = JSON.stringify(result);
  const bytes = utf8Length(resultJson);
  if (bytes > RESULT_BYTES_MAX) {
    return limited(`the result is ${bytes} bytes of JSON; at most ${RESULT_BYTES_MAX} are returned`);
  }
  const changes = parseChanges(answer.changes, context.policy);
  if (!changes.ok) return changes;
  const overQuota = checkQuota(context.files, changes.value);
  return overQuota === null ? ok({ resultJson, changes: changes.value }) : limited(overQuota);
}

/** What the tool wrote to its console, for whoever wrote the tool; the model is not told. Empty when that is nothing. */
export function consoleOf(answer: unknown): { readonly console?: string } {
  const text = isRecord(answer) && typeof answer.console === "string" ? answer.console.toWellFormed() : "";
  if (text === "") return {};
  return { console: text.length > CONSOLE_CHARS_MAX ? `${text.slice(0, CONSOLE_CHARS_MAX)}\n[cut]\n` : text };
}

function parseError(error: unknown, wasDenied: boolean): Result<never, ToolRefusal> {
  if (!isRecord(error) || typeof error.message !== "string") return failed("the tool failed without saying why");
  const known: readonly ToolErrorCode[] = wasDenied ? [...WORKER_CODES, "EGRESS_DENIED"] : WORKER_CODES;
  const code = known.find((one) => one === error.code) ?? "TOOL_FAILED";
  return err({ code, message: error.message.slice(0, ERROR_MESSAGE_LENGTH_MAX).toWellFormed() });
}

function parseChanges(value: unknown, policy: SandboxPolicy): Result<readonly FileChange[], ToolRefusal> {
  if (!Array.isArray(value)) return failed("the tool's answer has no list of changes");
  const changes: FileChange[] = [];
  for (const change of value) {
    if (!isRecord(change)) return failed("the tool's answer has a malformed change");
    const path = canonicalPath(policy, "write", change.path);
    if (!path.ok) return err({ code: "PATH_DENIED", message: path.error.message });
    // Another spelling of an allowed path would be another key in the workspace.
    if (path.value !== change.path) return failed("the tool's answer has a path that is not in normal form");
    if (change.kind === "delete") changes.push({ kind: "delete", path: path.value });
    else {
      const content = change.kind === "put" ? parseContent(change) : null;
      if (content === null) return failed("the tool's answer has a malformed change");
      changes.push({ kind: "put", path: path.value, ...content });
    }
  }
  return ok(changes);
}

/** Null for what is no content, or cannot be stored as it is. */
function parseContent({ text, encoding }: { readonly [name: string]: unknown }): FileContent | null {
  if (typeof text !== "string" || (encoding !== undefined && encoding !== "base64")) return null;
  const content: FileContent = encoding === undefined ? { text } : { text, encoding };
  return isStorable(content) ? content : null;
}

/** Without encoding anything: a UTF-16 code unit takes three bytes at most. Nearly every workspace is far below its limits. */
function fitsEasily(files: readonly ToolFile[], changes: readonly FileChange[]): boolean {
  const { fileBytes, totalBytes, files: count } = WORKSPACE_QUOTA;
  const puts = changes.filter((change) => change.kind !== "delete");
  const sum = [...files, ...puts].reduce((chars, { text }) => chars + text.length, 0);
  return files.length + puts.length <= count && 3 * sum <= Math.min(fileBytes, totalBytes);
}

/** What is wrong with the whole workspace as it would be with the changes, or null. Not only what the call could see. */
export function checkQuota(files: readonly ToolFile[], changes: readonly FileChange[]): string | null {
  if (fitsEasily(files, changes)) return null;
  const { fileBytes, totalBytes, files: count } = WORKSPACE_QUOTA;
  const sizes = new Map(files.map((file) => [file.path, contentBytes(file)]));
  for (const change of changes) {
    if (change.kind === "delete") {
      sizes.delete(change.path);
      continue;
    }
    const bytes = contentBytes(change);
    if (bytes > fileBytes) return `${change.path} would be ${bytes} bytes; a file holds at most ${fileBytes}`;
    sizes.set(change.path, bytes);
  }
  if (changes.every((change) => change.kind === "delete")) return null; // giving back is always allowed
  if (sizes.size > count) return `the workspace would hold ${sizes.size} files; it holds at most ${count}`;
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return total > totalBytes ? `the workspace would be ${total} bytes; it holds at most ${totalBytes}` : null;
}
