/**
 * What stands between an admitted call and its isolate: the places of its own task, then those that its tool has over
 * all tasks of the tenant. A call is never refused for want of one at once; it waits, at most as long as it may run.
 * A run may keep a tenant's place for the calls that follow, which then ask nobody.
 */
import { Canceller, type CancelSignal, type Clock, describeError, type Log } from "../platform/index.ts";
import { ISOLATES_PER_TASK_MAX, PLACE_KEPT_MS } from "./limits.ts";
import { type Place, Places, type Wish } from "./places.ts";

/** The tenant's counter of one tool's running calls: `ToolGateObject`, as seen from another isolate. */
export interface ToolGate {
  enter(wish: Wish): Promise<Place | false>;
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

type Counter = { readonly enter: (wish: Wish) => Promise<Place | false>; readonly leave: (key: string) => unknown };

/** One per run of a task. */
export function createGate(options: GateOptions) {
  const { clock } = options;
  const own = new Places({ count: ISOLATES_PER_TASK_MAX, clock });
  const counters = new Map<string, KeepingCounter>();
  const counterOf = (entry: Entry): KeepingCounter => {
    const counter = counters.get(entry.toolId) ?? new KeepingCounter(clock, toCounter(options, entry));
    counters.set(entry.toolId, counter);
    return counter;
  };
  return {
    /**
     * Runs `work` once there is room for it; too_late when no place came free within `runMs`.
     * Rejects with the signal's reason when it aborts first.
     */
    async pass<T>(entry: Entry, signal: CancelSignal, work: () => Promise<T>): Promise<Passage<T>> {
      const until = clock.now() + entry.runMs;
      const wish = (): Wish => ({ key: entry.key, waitMs: Math.max(0, until - clock.now()), holdMs: entry.runMs });
      const shared = counterOf(entry);
      // Whoever holds a place of the task is this run itself, and gives it back: its lease has no end.
      const outer = await within(own, { ...wish(), holdMs: Number.MAX_SAFE_INTEGER }, signal, () =>
        within(shared, wish(), signal, work),
      );
      return outer.kind === "passed" ? outer.value : outer;
    },

    /** Gives back what was kept. Not awaited: it comes back by itself when its lease is over. */
    close(): void {
      for (const counter of counters.values()) counter.close();
      counters.clear();
    },
  };
}

type Kept = { readonly key: string; readonly until: number };

/** A tool's counter that keeps what it is given for as long as it may, so that the calls of one run need not ask for each. */
class KeepingCounter implements Counter {
  readonly #clock: Clock;
  readonly #counter: Counter;
  /** Places at hand, and those in use by the key of their call. */
  #idle: Kept[] = [];
  readonly #used = new Map<string, Kept>();
  readonly #closed = new Canceller();

  constructor(clock: Clock, counter: Counter) {
    this.#clock = clock;
    this.#counter = counter;
  }

  async enter(wish: Wish): Promise<Place | false> {
    const now = this.#clock.now();
    this.#giveBack(({ until }) => until <= now);
    const kept = this.#idle.pop();
    if (kept !== undefined) {
      this.#used.set(wish.key, kept);
      return true;
    }
    // Others wait for a place as long as they may hold it: none may lie idle for so long.
    const place = await this.#counter.enter({ ...wish, keepMs: Math.min(PLACE_KEPT_MS, wish.holdMs / 2) });
    // Counted from before it was asked for: the lease at the counter is never over first.
    if (typeof place === "object") this.#keep({ key: wish.key, until: now + place.keptMs });
    return place;
  }

  leave(key: string): void {
    const kept = this.#used.get(key);
    this.#used.delete(key);
    const isOver = kept === undefined || this.#closed.signal.aborted || kept.until <= this.#clock.now();
    if (isOver) this.#counter.leave(kept?.key ?? key);
    else this.#idle.push(kept);
  }

  close(): void {
    this.#closed.abort();
    this.#giveBack(() => true);
  }

  /** For its call, and then no longer than its time: the run may have no further call for minutes, and others wait. */
  #keep(kept: Kept): void {
    this.#used.set(kept.key, kept);
    const { until } = kept;
    this.#clock.sleep(Math.max(0, until - this.#clock.now()), this.#closed.signal).then(
      () => this.#giveBack((one) => one.until <= until),
      () => undefined, // closed: given back already
    );
  }

  #giveBack(isOver: (kept: Kept) => boolean): void {
    for (const kept of this.#idle.filter(isOver)) this.#counter.leave(kept.key);
    this.#idle = this.#idle.filter((kept) => !isOver(kept));
  }
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
  signal: CancelSignal,
  work: () => Promise<T>,
): Promise<Passage<T>> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined); // once the work has begun nobody listens: it sees the signal itself
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const place = await Promise.race([counter.enter(wish), aborted.promise]);
    return place === false ? { kind: "too_late" } : { kind: "passed", value: await work() };
  } finally {
    signal.removeEventListener("abort", onAbort);
    counter.leave(wish.key);
  }
}
