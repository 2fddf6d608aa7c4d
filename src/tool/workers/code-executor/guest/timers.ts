/** Timers. The program's side keeps them; the host waits and asks for the next. */
import { TIMERS_MAX } from "../../limits.ts";
import { ask } from "./host.ts";

type Callback = (...args: readonly unknown[]) => void;
type Timer = { readonly id: number; due: number; readonly every: number | null; readonly run: () => void };

const now = (): number => Number(ask("now"));
const timers = new Map<number, Timer>();
let lastId = 0;

function add(callback: Callback, ms: unknown, args: readonly unknown[], repeats: boolean) {
  if (typeof callback !== "function") throw new TypeError("a timer needs a function");
  if (timers.size >= TIMERS_MAX) throw new RangeError(`more than ${TIMERS_MAX} timers are waiting`);
  const delay = Math.max(1, Number(ms) || 0);
  const id = ++lastId;
  timers.set(id, { id, due: now() + delay, every: repeats ? delay : null, run: () => callback(...args) });
  const handle = {
    ref: () => handle,
    unref: () => handle,
    hasRef: () => true,
    [Symbol.toPrimitive]: () => id,
  };
  return handle;
}

const clear = (handle: unknown): void => void timers.delete(Number(handle));

export const timerGlobals = {
  setTimeout: (callback: Callback, ms?: unknown, ...args: readonly unknown[]) => add(callback, ms, args, false),
  setInterval: (callback: Callback, ms?: unknown, ...args: readonly unknown[]) => add(callback, ms, args, true),
  setImmediate: (callback: Callback, ...args: readonly unknown[]) => add(callback, 0, args, false),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
};

/**
 * Runs the timer that is due, if any: one at a time, as promises must settle in between.
 * @returns 0 when one ran, else the milliseconds until the next, or -1 when none is waiting.
 */
export function runDueTimer(): number {
  let next: Timer | undefined;
  for (const timer of timers.values()) if (next === undefined || timer.due < next.due) next = timer;
  if (next === undefined) return -1;
  const time = now();
  if (next.due > time) return next.due - time;
  if (next.every === null) timers.delete(next.id);
  else next.due = time + next.every;
  next.run();
  return 0;
}
