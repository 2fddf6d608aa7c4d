/** The C library's questions about dates. There is one time zone, UTC. */
import type { GuestMemory } from "./memory.ts";

const DAY_MS = 86_400_000;

/** Writes `struct tm`. */
export function writeDate(memory: GuestMemory, at: number, epochSeconds: number): void {
  const date = new Date(epochSeconds * 1000);
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  const fields = [
    ...[date.getUTCSeconds(), date.getUTCMinutes(), date.getUTCHours(), date.getUTCDate(), date.getUTCMonth()],
    ...[date.getUTCFullYear() - 1900, date.getUTCDay(), Math.floor((date.getTime() - start) / DAY_MS), 0, 0],
  ];
  const view = memory.view();
  for (const [index, field] of fields.entries()) view.setInt32((at >>> 0) + index * 4, field || 0, true);
}

/** Reads `struct tm`, whose fields may be out of range, and tidies it. @returns seconds since the epoch. */
export function readDate(memory: GuestMemory, at: number): bigint {
  const view = memory.view();
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = Array.from({ length: 6 }, (_, index) =>
    view.getInt32((at >>> 0) + index * 4, true),
  );
  const ms = Date.UTC(year + 1900, month, day, hour, minute, second);
  if (Number.isNaN(ms)) return -1n;
  writeDate(memory, at, ms / 1000);
  return BigInt(ms / 1000);
}
