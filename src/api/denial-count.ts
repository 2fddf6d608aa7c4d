/** Refusals of many callers, counted in one isolate, so that not each of them costs a call to an object. */
import { type DenialWindow, takeDenial } from "../audit/index.ts";
import type { Clock } from "../platform/index.ts";
import { AUTH_WITNESSED_MAX } from "./limits.ts";

export class DenialCount {
  readonly #clock: Pick<Clock, "now">;
  readonly #windows = new Map<string, DenialWindow>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Null: it is counted and no more. Else how many were, since the last one that was told. */
  take(name: string): number | null {
    const { window, unrecorded } = takeDenial(this.#windows.get(name) ?? null, { now: this.#clock.now() });
    // A Map keeps the order of insertion: the first one is refused no more, or longest ago.
    this.#windows.delete(name);
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined && this.#windows.size >= AUTH_WITNESSED_MAX) this.#windows.delete(oldest);
    this.#windows.set(name, window);
    return unrecorded;
  }
}
