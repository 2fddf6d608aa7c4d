/**
 * Durations, memory sizes and money as packs write them. Strict: one number, one unit, nothing else; a silent
 * default here would be a limit that nobody set.
 */
import { err, ok, type Result } from "./result.ts";

export type QuantityError = { readonly reason: "not_a_quantity"; readonly expected: string };

const DURATION_UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MEMORY_UNIT_BYTES = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 } as const;

/** `250ms`, `30s`, `2m`, `1h`, `7d` -> whole milliseconds above 0. */
export function parseDuration(text: string): Result<number, QuantityError> {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const unit = match?.[2] as keyof typeof DURATION_UNIT_MS | undefined; // the pattern admits these units only
  const value = match && unit ? Number(match[1]) * DURATION_UNIT_MS[unit] : 0;
  return value > 0
    ? ok(value)
    : err({ reason: "not_a_quantity", expected: "a duration above zero such as 30s, 2m or 1h" });
}

/** `512Mi`, `1Gi`, `64Ki` -> whole bytes above 0. */
export function parseMemorySize(text: string): Result<number, QuantityError> {
  const match = /^(\d{1,9})(Ki|Mi|Gi)$/.exec(text);
  const unit = match?.[2] as keyof typeof MEMORY_UNIT_BYTES | undefined; // the pattern admits these units only
  const value = match && unit ? Number(match[1]) * MEMORY_UNIT_BYTES[unit] : 0;
  return value > 0
    ? ok(value)
    : err({ reason: "not_a_quantity", expected: "a memory size above zero such as 256Mi or 1Gi" });
}

/** `$5`, `$0.25` -> whole micros (millionths of a US dollar) from 0. At most 6 decimals, so nothing is rounded. */
export function parseMoney(text: string): Result<number, QuantityError> {
  const match = /^\$(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text);
  if (!match) return err({ reason: "not_a_quantity", expected: "an amount in US dollars such as $5 or $0.25" });
  return ok(Number(match[1]) * 1_000_000 + Number((match[2] ?? "").padEnd(6, "0")));
}

/** Micros -> decimal string without trailing zeros: 1230000 -> "1.23". */
export function formatMicros(micros: number): string {
  const digits = Math.abs(micros).toString().padStart(7, "0");
  const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`.replace(/\.?0+$/, "");
  return micros < 0 ? `-${text}` : text;
}
