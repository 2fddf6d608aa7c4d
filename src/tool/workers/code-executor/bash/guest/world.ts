/**
 * The globals that the shell takes for granted and QuickJS has not. Imported before the shell, which keeps some of
 * them at its start.
 */
import { timerGlobals } from "../../guest/timers.ts";
import { digest } from "./digest.ts";
import { atob, btoa, TextDecoder, TextEncoder } from "./text.ts";

type AbortListener = ((event: unknown) => void) | { handleEvent(event: unknown): void };

class AbortSignal {
  aborted = false;
  reason: unknown;
  readonly #listeners = new Set<AbortListener>();
  addEventListener(_type: string, listener: AbortListener): void {
    this.#listeners.add(listener);
  }
  removeEventListener(_type: string, listener: AbortListener): void {
    this.#listeners.delete(listener);
  }
  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
  /** Not of the standard: how the controller tells its signal. */
  settle(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners) {
      if (typeof listener === "function") listener({ type: "abort" });
      else listener.handleEvent({ type: "abort" });
    }
  }
  static any(signals: readonly AbortSignal[]): AbortSignal {
    const joined = new AbortSignal();
    for (const signal of signals) {
      if (signal.aborted) joined.settle(signal.reason);
      else signal.addEventListener("abort", () => joined.settle(signal.reason));
    }
    return joined;
  }
}

class AbortController {
  readonly signal = new AbortSignal();
  abort(reason: unknown = new DOMException("aborted", "AbortError")): void {
    this.signal.settle(reason);
  }
}

class DOMException extends Error {
  constructor(message: string, name: string) {
    super(message);
    this.name = name;
  }
}

const hex = (digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join("");

const silent = () => undefined;

Object.assign(globalThis, timerGlobals, {
  ...{ AbortController, AbortSignal, DOMException, TextDecoder, TextEncoder, atob, btoa },
  queueMicrotask: (run: () => void) => void Promise.resolve().then(run),
  performance: { now: () => Date.now(), timeOrigin: 0 },
  console: { log: silent, info: silent, warn: silent, error: silent, debug: silent },
  crypto: { subtle: { digest }, randomUUID: () => [8, 4, 4, 4, 12].map(hex).join("-") },
});
