/**
 * One attempt over a stream of events, the same for every wire: time limits, size limits, and what an ending means.
 * What the events say is a collector's business; how the request is made is the provider's.
 */
import type { Usage } from "../../meter/index.ts";
import { type CancelSignal, describeError } from "../../platform/index.ts";
import { REPLY_CALLS_MAX, REPLY_CHARS_MAX } from "../limits.ts";
import type { ModelReply, ProviderContext, ProviderFailure, ProviderOutcome } from "../provider.ts";
import { ProviderFault } from "./event-stream.ts";
import { toFailure, type WireError } from "./failure.ts";
import { type Expiry, Watchdog } from "./watchdog.ts";

/** Turns events into a reply. Nothing of a reply leaves it before the stream has said that it is complete. */
export interface Collector {
  /** @returns whether the event carried a piece of the answer. */
  take(event: unknown): boolean;
  /** Null while the stream has not said that the answer is complete. */
  reply(): ModelReply | null;
  /** Tokens the server has counted so far; null when it has not said. */
  usage(): Usage | null;
  /** Whether that is all: the answer's own tokens may be told at its end alone. */
  readonly isCounted: boolean;
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export type Wire = { readonly fetch: Fetch; readonly signal: AbortSignal };

export type Attempt = {
  readonly provider: string;
  /** Sent with the request, and never told. */
  readonly apiKey: string;
  readonly fetch: Fetch;
  readonly context: ProviderContext;
  /** The server may load a model before it answers with headers. */
  readonly isSlowStarter: boolean;
  /** Sends the request; resolves when the response headers have arrived. */
  readonly open: (wire: Wire) => Promise<AsyncIterable<readonly unknown[]>>;
  readonly collector: Collector;
  /** The provider's error answer, when `thrown` is one in the words of its SDK. */
  readonly readError?: (thrown: unknown) => WireError | null;
};

/** A reply that no honest server sends. */
class ReplyTooLong extends Error {
  override name = "ReplyTooLong";
}

export async function runAttempt(attempt: Attempt): Promise<ProviderOutcome> {
  const { context } = attempt;
  const watchdog = new Watchdog(context);
  const stage: Stage = { hasHeaders: false, hasBegun: false, isOurFault: false };
  try {
    await readStream(attempt, watchdog, stage);
    context.signal.throwIfAborted();
    return finished(attempt.collector) ?? { ok: false, error: endOfStream(attempt, watchdog.expired, null) };
  } catch (thrown) {
    context.signal.throwIfAborted();
    if (stage.isOurFault) throw thrown;
    // When the answer was complete before the connection broke or idled, nothing is left that could have been lost.
    return finished(attempt.collector) ?? { ok: false, error: explain(attempt, watchdog, stage, thrown) };
  } finally {
    watchdog.stop();
  }
}

function finished(collector: Collector): ProviderOutcome | null {
  const reply = collector.reply();
  if (reply === null) return null;
  return collector.usage() === null ? { ok: true, value: reply, usageMissing: true } : { ok: true, value: reply };
}

type Stage = {
  hasHeaders: boolean;
  /** A piece of the answer has come. */
  hasBegun: boolean;
  /** What was thrown came from whoever takes the text, or is a bug: no failure of the provider. */
  isOurFault: boolean;
};

async function readStream(attempt: Attempt, watchdog: Watchdog, stage: Stage): Promise<void> {
  const { collector, fetch, isSlowStarter } = attempt;
  const aborted = rejectionOf(watchdog.over);
  const guarded: Fetch = (input, init) => {
    watchdog.requestSent(typeof init?.body === "string" ? init.body.length : 0, isSlowStarter);
    // Followed, a redirect would carry the key and the conversation to a host that nobody configured.
    return fetch(input, { ...init, redirect: "manual" });
  };
  const stream = await Promise.race([attempt.open({ fetch: guarded, signal: watchdog.signal }), aborted]);
  stage.hasHeaders = true;
  watchdog.headersArrived();
  const events = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([events.next(), aborted]);
      if (next.done === true) return;
      for (const event of next.value) {
        // Whoever takes the text may have had enough of it.
        watchdog.over.throwIfAborted();
        if (!take(collector, event, stage)) continue;
        stage.hasBegun = true;
        watchdog.pieceArrived();
      }
    }
  } finally {
    // Not awaited: an iterator that hangs in next() would hang in return() too. The abort has freed the connection.
    events.return?.().catch(() => undefined);
  }
}

function take(collector: Collector, event: unknown, stage: Stage): boolean {
  try {
    return collector.take(event);
  } catch (thrown) {
    stage.isOurFault = !(thrown instanceof ReplyTooLong);
    throw thrown;
  }
}

/** A promise that only ever rejects, with the signal's reason. */
function rejectionOf(signal: CancelSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  promise.catch(() => undefined); // Nobody may be racing it when it rejects.
  return promise;
}

const LIMIT_TEXT: Readonly<Record<Expiry, string>> = {
  headers: "did not answer in time",
  first_token: "sent no first token in time",
  idle: "stalled in the middle of its answer",
  total: "did not finish its answer in time",
};

function endOfStream(attempt: Attempt, expired: Expiry | null, problem: string | null): ProviderFailure {
  return {
    reason: expired === null ? "cut" : expired === "headers" ? "connect" : "timeout",
    status: null,
    retryAfterMs: null,
    detail: `${attempt.provider} ${expired === null ? (problem ?? "ended its stream before the end of the answer") : LIMIT_TEXT[expired]}`,
    ...usageOf(attempt.collector),
  };
}

const usageOf = (collector: Collector): Pick<ProviderFailure, "usage" | "isPartial"> => ({
  usage: collector.usage(),
  ...(collector.isCounted ? {} : { isPartial: true }),
});

function explain(attempt: Attempt, watchdog: Watchdog, stage: Stage, thrown: unknown): ProviderFailure {
  if (watchdog.expired !== null) return endOfStream(attempt, watchdog.expired, null);
  const error = thrown instanceof ProviderFault ? thrown.error : (attempt.readError?.(thrown) ?? null);
  if (error !== null) {
    const known = toFailure(error, { now: attempt.context.clock.now(), apiKey: attempt.apiKey });
    const failure = { ...known, ...usageOf(attempt.collector) };
    return stage.hasBegun ? { ...failure, hasBegun: true } : failure;
  }
  if (thrown instanceof ReplyTooLong) return endOfStream(attempt, null, thrown.message);
  if (!stage.hasHeaders) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    return { ...endOfStream(attempt, null, `could not be reached (${describeError(cause)})`), reason: "connect" };
  }
  return endOfStream(attempt, null, "broke its stream");
}

/** Text as it arrives: handed on in whole code points, so that each piece can be encoded by itself. */
export class TextSink {
  readonly #onText: (text: string) => void;
  #text = "";
  #held = "";

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  get text(): string {
    return this.#text + this.#held;
  }

  push(piece: string): void {
    const all = this.#held + piece;
    const last = all.charCodeAt(all.length - 1);
    const isHalfPair = last >= 0xd800 && last <= 0xdbff;
    this.#held = isHalfPair ? all.slice(-1) : "";
    const whole = isHalfPair ? all.slice(0, -1) : all;
    if (whole === "") return;
    this.#text += whole;
    this.#onText(whole);
  }
}

/** Counts what a reply holds, against the limits of one. */
export class ReplyMeter {
  #chars = 0;
  #calls = 0;

  addChars(count: number): void {
    this.#chars += count;
    if (this.#chars > REPLY_CHARS_MAX) throw new ReplyTooLong("sent a longer answer than any model gives");
  }

  addCall(): void {
    this.#calls += 1;
    if (this.#calls > REPLY_CALLS_MAX) throw new ReplyTooLong("sent more tool calls than any model makes");
  }
}
