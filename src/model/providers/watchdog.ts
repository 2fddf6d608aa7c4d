/**
 * The time limits of one attempt. An SDK's own timeout ends at the response headers, so a stream that stalls later
 * would hang for ever: here every event moves the deadline, and at the deadline the request is aborted.
 */
import { Canceller, type CancelSignal, type Clock, toAbortSignal } from "../../platform/index.ts";
import { FIRST_TOKEN_MS_MAX, HEADERS_MS_MAX, HEADERS_MS_PER_KIB, IDLE_MS_MAX } from "../limits.ts";

export type Expiry = "headers" | "first_token" | "idle" | "total";

export class Watchdog {
  readonly #clock: Clock;
  readonly #abort = new Canceller();
  /** Aborts when a limit is passed or the caller gives up: what the request to the outside is given. */
  readonly signal = toAbortSignal(this.#abort.signal);
  readonly #stop = new Canceller();
  readonly #parent: CancelSignal;
  readonly #totalAt: number;
  readonly #firstTokenAt: number;
  #headersAt: number;
  #stage: "headers" | "first_token" | "idle" = "headers";
  #idleAt = 0;
  #expired: Expiry | null = null;

  /** Starts watching; `stop` must be called. @param options.timeoutMs the limit of the attempt as a whole. */
  constructor(options: { readonly clock: Clock; readonly signal: CancelSignal; readonly timeoutMs: number }) {
    this.#clock = options.clock;
    this.#parent = options.signal;
    const start = options.clock.now();
    this.#totalAt = start + options.timeoutMs;
    this.#firstTokenAt = start + FIRST_TOKEN_MS_MAX;
    this.#headersAt = start + HEADERS_MS_MAX;
    options.signal.addEventListener("abort", this.#onParentAbort, { once: true });
    if (options.signal.aborted) this.#onParentAbort();
    this.#watch().catch(() => undefined); // The only rejection is that of its own stop signal.
  }

  /** The same, for whoever waits here: to listen to a signal of the platform's takes as long as to make one. */
  get over(): CancelSignal {
    return this.#abort.signal;
  }

  /** Which limit was passed, if one was. */
  get expired(): Expiry | null {
    return this.#expired;
  }

  /** The request is being sent. @param isSlowStarter the server may load a model before it answers with headers. */
  requestSent(bytes: number, isSlowStarter: boolean): void {
    const allowed = isSlowStarter ? FIRST_TOKEN_MS_MAX : HEADERS_MS_MAX + (bytes / 1024) * HEADERS_MS_PER_KIB;
    this.#headersAt = Math.min(this.#firstTokenAt, this.#clock.now() + Math.ceil(allowed));
  }

  headersArrived(): void {
    if (this.#stage === "headers") this.#stage = "first_token";
  }

  /** A piece of the answer arrived; bookkeeping events before the first piece do not count. */
  pieceArrived(): void {
    this.#stage = "idle";
    this.#idleAt = this.#clock.now() + IDLE_MS_MAX;
  }

  stop(): void {
    this.#parent.removeEventListener("abort", this.#onParentAbort);
    this.#stop.abort();
  }

  readonly #onParentAbort = () => this.#abort.abort(this.#parent.reason);

  #due(): { readonly at: number; readonly limit: Expiry } {
    const at = { headers: this.#headersAt, first_token: this.#firstTokenAt, idle: this.#idleAt }[this.#stage];
    return at <= this.#totalAt ? { at, limit: this.#stage } : { at: this.#totalAt, limit: "total" };
  }

  // Deadlines only ever move away, so one sleeper that looks again when it wakes is enough for a whole stream.
  async #watch(): Promise<void> {
    for (;;) {
      const { at, limit } = this.#due();
      const waitMs = at - this.#clock.now();
      if (waitMs <= 0) {
        this.#expired = limit;
        this.#abort.abort(new Error(`model stream: ${limit} limit passed`));
        return;
      }
      await this.#clock.sleep(waitMs, this.#stop.signal);
    }
  }
}
