/**
 * Giving up on what waits: an AbortController without an event and without an exception of its own. Those of the platform
 * take some 30 us to make, to listen to and to abort, and a step of a run gives up on five sleeps that it no longer needs. A request to
 * the outside wants a signal of the platform's: `toAbortSignal`.
 */

/** What an `AbortSignal` is, too. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** One for all: whoever cares why gives a reason. */
const NOT_WANTED = new Error("no longer wanted");

class Signal implements CancelSignal {
  readonly listeners = new Set<() => void>();
  aborted = false;
  reason: unknown;

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.listeners.delete(listener);
  }
}

export class Canceller {
  readonly #signal = new Signal();

  get signal(): CancelSignal {
    return this.#signal;
  }

  /** Once: what is given up stays so, for its first reason. Listeners must not throw. */
  abort(reason: unknown = NOT_WANTED): void {
    if (this.#signal.aborted) return;
    this.#signal.aborted = true;
    this.#signal.reason = reason;
    const { listeners } = this.#signal;
    // One that leaves while others are told is not told any more.
    for (const listener of [...listeners]) if (listeners.delete(listener)) listener();
  }
}

/** Aborts with `signal`, for its reason. */
export function toAbortSignal(signal: CancelSignal): AbortSignal {
  const abort = new AbortController();
  if (signal.aborted) abort.abort(signal.reason);
  else signal.addEventListener("abort", () => abort.abort(signal.reason), { once: true });
  return abort.signal;
}
