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

/** Text ends at a NUL on its way out, so a NUL is shown as the replacement character instead of cutting the rest. */
export const emit = (stream: "out" | "err", text: string): void => {
  ask(stream, text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text);
};
