/** Durations of a composed pack. */
import { assert, parseDuration } from "../platform/index.ts";

/** Milliseconds. @param text of a field that was checked when the pack was composed. */
export function durationMs(text: string): number {
  const parsed = parseDuration(text);
  assert(parsed.ok, "durations are checked when a pack is composed");
  return parsed.value;
}
