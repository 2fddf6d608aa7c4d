/** The program's side of the wall: asks the host, and turns its errors into ones a program expects. */
import { HOST_GLOBAL, type Operation } from "../protocol.ts";

type Host = (operation: Operation, first: string, second: string) => string;

// Taken once and removed, so that a program has no way to the host but through what is offered here.
// A cast, because the engine defines exactly this function before it runs this script.
const host = Reflect.get(globalThis, HOST_GLOBAL) as Host;
Reflect.deleteProperty(globalThis, HOST_GLOBAL);

/** An error with a `code`, as Node's file system throws them. */
export class SystemError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export function ask(operation: Operation, first = "", second = ""): string {
  const answer = host(operation, first, second);
  if (answer.charAt(0) === "=") return answer.slice(1);
  const end = answer.indexOf("\n");
  throw new SystemError(answer.slice(1, end), answer.slice(end + 1));
}

/** A path that gets to the host as it is. */
export function toPath(path: unknown): string {
  if (typeof path !== "string") throw new TypeError(`a path must be a string, not ${typeof path}`);
  // The rest would be cut off on its way, and the path of another file remain.
  if (path.includes("\0")) throw new SystemError("EINVAL", "a path holds no NUL");
  return path;
}

/** Text ends at a NUL on its way out, so a NUL is shown as the replacement character instead of cutting the rest. */
export const emit = (stream: "out" | "err", text: string): void => {
  ask(stream, text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text);
};
