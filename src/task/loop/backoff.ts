/** Delays between a task's attempts. The delays inside one model turn belong to the router. */
import type { Random } from "../../platform/index.ts";
import { RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN } from "../limits.ts";

/**
 * Delay before the next attempt: full jitter under an exponential cap.
 * @param attempt 1-based, the attempt that just failed.
 * @returns whole milliseconds in [RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX].
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function nextRetryDelayMs(attempt: number, random: Random): number {
  const cap = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** attempt);
  return Math.round(RETRY_DELAY_MS_MIN + random() * (cap - RETRY_DELAY_MS_MIN));
}
