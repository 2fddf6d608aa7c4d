/**
 * How many retries one isolate allows per tenant and provider: a share of the calls made in the last minute, never
 * below a floor. When a provider is in trouble, retries must not be most of what it gets.
 */
import { lengthPrefixed } from "../platform/index.ts";
import { RETRIES_MIN, RETRY_KEYS_MAX, RETRY_SHARE, RETRY_WINDOW_MS } from "./limits.ts";

type Bucket = { readonly startedAt: number; calls: number; retries: number };

/** The window slides in sixths: exact enough for a share, and six counters instead of every call's time. */
const BUCKET_MS = RETRY_WINDOW_MS / 6;

export class RetryBudget {
  readonly #buckets = new Map<string, Bucket[]>();

  recordCall(tenant: string, provider: string, now: number): void {
    this.#current(tenant, provider, now).bucket.calls += 1;
  }

  /** Whether one more retry fits; when it does it is counted. */
  tryRetry(tenant: string, provider: string, now: number): boolean {
    const { bucket, all } = this.#current(tenant, provider, now);
    const calls = all.reduce((sum, { calls }) => sum + calls, 0);
    const retries = all.reduce((sum, { retries }) => sum + retries, 0);
    if (retries >= Math.max(RETRIES_MIN, Math.floor(calls * RETRY_SHARE))) return false;
    bucket.retries += 1;
    return true;
  }

  #current(tenant: string, provider: string, now: number): { bucket: Bucket; all: readonly Bucket[] } {
    const key = lengthPrefixed([tenant, provider]);
    const all = (this.#buckets.get(key) ?? []).filter((bucket) => bucket.startedAt > now - RETRY_WINDOW_MS);
    let bucket = all.at(-1);
    if (bucket === undefined || bucket.startedAt <= now - BUCKET_MS) {
      bucket = { startedAt: now, calls: 0, retries: 0 };
      all.push(bucket);
    }
    // Set again so that the key moves to the end: the first key is then the one unused for longest.
    this.#buckets.delete(key);
    this.#buckets.set(key, all);
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size > RETRY_KEYS_MAX && oldest !== undefined) this.#buckets.delete(oldest);
    return { bucket, all };
  }
}
