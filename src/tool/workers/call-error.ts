/** Faults of a call in words for the model, and how they leave the worker. Anything else that is thrown is a bug. */
import type { ToolErrorCode, WorkerResponse } from "../contract.ts";
import { FileError, type FileErrorCode } from "./workspace.ts";

export class CallError extends Error {
  override name = "CallError";
  readonly code: ToolErrorCode;
  constructor(code: ToolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const TOOL_ERROR: Readonly<Record<FileErrorCode, ToolErrorCode>> = {
  EACCES: "PATH_DENIED",
  EEXIST: "TOOL_FAILED",
  EFBIG: "TOOL_LIMIT",
  EINVAL: "TOOL_ARGUMENTS",
  EISDIR: "TOOL_FAILED",
  ENOENT: "TOOL_FAILED",
  ENOTDIR: "TOOL_FAILED",
  ENOTEMPTY: "TOOL_FAILED",
};

/** The answer for a fault of the call; throws again what is none. */
export function toFailure(thrown: unknown): WorkerResponse {
  if (thrown instanceof CallError) return { ok: false, error: { code: thrown.code, message: thrown.message } };
  if (thrown instanceof FileError) {
    return { ok: false, error: { code: TOOL_ERROR[thrown.code], message: thrown.message } };
  }
  throw thrown;
}
