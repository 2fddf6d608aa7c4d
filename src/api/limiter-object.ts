/**
 * The Durable Object that counts one tenant's requests under one policy: `tenant/policy`. One thread counts, so the
 * limit is exact however many ask at once. At rest it holds one small value, and nothing once its window is over.
 */
import { DurableObject } from "cloudflare:workers";
import { assert, type Clock } from "../platform/index.ts";
import {
  pruneWindow,
  takePlace,
  type Window,
  type WindowAnswer,
  type WindowLimit,
  windowEnd,
} from "./limiter-window.ts";
import { LIMITER_KEEP_MS } from "./limits.ts";
import type { LimiterStub } from "./rate-limiter.ts";

/** `windowMs` is kept with it: the alarm has no caller who could say it. */
type Kept = { readonly window: Window; readonly windowMs: number };

const KEY = "window";
/** No request waits for the limiter's disk, the next one no more than the one that is counted. */
const UNCONFIRMED = { allowUnconfirmed: true };

export class LimiterObject<Bindings = unknown> extends DurableObject<Bindings> implements LimiterStub {
  readonly #clock: Clock;
  #window: Window | null;
  /** As far as this instance knows; setting it once more changes nothing. */
  #isArmed = false;
  /** Places were taken that are not written yet: one write takes them all. */
  #isKeepDue = false;

  constructor(ctx: DurableObjectState, env: Bindings, services: { readonly clock: Clock }) {
    super(ctx, env);
    this.#clock = services.clock;
    this.#window = ctx.storage.kv.get<Kept>(KEY)?.window ?? null;
  }

  /** Takes a place when there is one. Nothing is written for a refusal, nor for a policy that is not kept. */
  async take(ask: WindowLimit & { readonly isKept: boolean }): Promise<WindowAnswer> {
    const { window, answer } = takePlace(this.#window, this.#clock.now(), ask);
    this.#window = window;
    if (answer.isAllowed && ask.isKept) this.#keepSoon(ask.windowMs);
    return answer;
  }

  /** Looks whether the window is over; a busy tenant's moves on. */
  override async alarm(): Promise<void> {
    this.#isArmed = false;
    const kept = this.ctx.storage.kv.get<Kept>(KEY);
    const end = kept && windowEnd(pruneWindow(kept.window, this.#clock.now(), kept.windowMs), kept.windowMs);
    if (end) return this.#arm(end);
    await this.ctx.storage.deleteAll();
  }

  #keepSoon(windowMs: number): void {
    if (this.#isKeepDue) return;
    this.#isKeepDue = true;
    this.ctx.waitUntil(this.#clock.sleep(Math.min(LIMITER_KEEP_MS, windowMs / 10)).then(() => this.#keep(windowMs)));
  }

  async #keep(windowMs: number): Promise<void> {
    this.#isKeepDue = false;
    const window = this.#window;
    assert(window !== null, "a place was taken");
    await this.ctx.storage.put<Kept>(KEY, { window, windowMs }, UNCONFIRMED);
    await this.#arm(windowEnd(window, windowMs));
  }

  async #arm(at: number | null): Promise<void> {
    if (this.#isArmed || at === null) return;
    this.#isArmed = true;
    await this.ctx.storage.setAlarm(at, UNCONFIRMED);
  }
}
