/**
 * What stands between an admitted call and its isolate: the places of its own task, then those that its tool has over
 * all tasks of the tenant. A call is never refused for want of one at once; it waits, at most as long as it may run.
 */
import { type Clock, describeError, type Log } from "../platform/index.ts";
import { ISOLATES_PER_TASK_MAX } from "./limits.ts";
import { Places, type Wish } from "./places.ts";

/** The tenant's counter of one tool's running calls: `ToolGateObject`, as seen from another isolate. */
export interface ToolGate {
  enter(wish: Wish): Promise<boolean>;
  leave(key: string): Promise<void>;
}

/** The platform's names end at 1,024; tools that share so long a beginning share their places. */
const NAME_CHARS_MAX = 500;

/** A tenant's id holds no `/`, so two tenants cannot meet whatever a pack calls its tools. */
export const toolGateName = (tenant: string, toolId: string): string => `${tenant}/${toolId.slice(0, NAME_CHARS_MAX)}`;

export type GateOptions = {
  /** Absent: only the task's own places count. */
  readonly gateFor?: ((tenant: string, toolId: string) => ToolGate) | undefined;
  readonly clock: Clock;
  readonly log: Log;
};

export type Entry = { readonly tenant: string; readonly toolId: string; readonly key: string; readonly runMs: number };

export type Passage<T> = { readonly kind: "passed"; readonly value: T } | { readonly kind: "too_late" };

type Counter = { readonly enter: (wish: Wish) => Promise<boolean>; readonly leave: (key: string) => unknown };

/** One per run of a task. */
export function createGate(options: GateOptions) {
  const { clock } = options;
  const own = new Places({ count: ISOLATES_PER_TASK_MAX, clock });
  return {
    /**
     * Runs `work` once there is room for it; too_late when no place came free within `runMs`.
     * Rejects with the signal's reason when it aborts first.
     */
    async pass<T>(entry: Entry, signal: AbortSignal, work: () => Promise<T>): Promise<Passage<T>> {
      const until = clock.now() + entry.runMs;
      const wish = (): Wish => ({ key: entry.key, waitMs: Math.max(0, until - clock.now()), holdMs: entry.runMs });
      const shared = toCounter(options, entry);
      // Whoever holds a place of the task is this run itself, and gives it back: its lease has no end.
      const outer = await within(own, { ...wish(), holdMs: Number.MAX_SAFE_INTEGER }, signal, () =>
        within(shared, wish(), signal, work),
      );
      return outer.kind === "passed" ? outer.value : outer;
    },
  };
}

/** A counter that cannot be asked lets the call through: it keeps order, it does not keep anybody out. */
function toCounter({ gateFor, log }: GateOptions, { tenant, toolId }: Entry): Counter {
  const warn = (thrown: unknown) =>
    log.warn("tool.gate_unreachable", { tenant_id: tenant, tool_id: toolId, error: describeError(thrown) });
  return {
    enter: async (wish) => {
      try {
        return (await gateFor?.(tenant, toolId).enter(wish)) ?? true;
      } catch (thrown) {
        warn(thrown);
        return true;
      }
    },
    // Not awaited: a place whose return is lost comes back when its lease is over.
    leave: (key) => void gateFor?.(tenant, toolId).leave(key).catch(warn),
  };
}

async function within<T>(
  counter: Counter,
  wish: Wish,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<Passage<T>> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined); // once the work has begun nobody listens: it sees the signal itself
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const isIn = await Promise.race([counter.enter(wish), aborted.promise]);
    return isIn ? { kind: "passed", value: await work() } : { kind: "too_late" };
  } finally {
    signal.removeEventListener("abort", onAbort);
    counter.leave(wish.key);
  }
}
