/** Fakes of what lies outside: a clock that is moved by hand, a log that is read. */
import { type Clock, type Log, type LogContext, type LogFacts, systemClock } from "../../src/platform/index.ts";

export type ManualClock = Clock & {
  /** Ends every sleep that is due then. */
  advance(ms: number): void;
};

export function manualClock(start = Date.parse("2026-01-02T03:04:05.000Z")): ManualClock {
  let now = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    advance: (ms) => {
      now += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.at > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

/** A clock whose sleeps end at once; `slept` has their lengths. */
export function hastyClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    now: () => 0,
    slept,
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
}

/** The real time, and no end to any wait: on a busy machine what answers late is not away. */
export const patientClock: Clock = {
  now: () => systemClock.now(),
  sleep: (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
};

const unpublished = (): never => {
  throw new Error("no policy is published here");
};

/** What a door is given where no audit log is looked at: nothing that changes may be asked of it. */
export const UNAUDITED = {
  audit: (): never => {
    throw new Error("nothing is audited here");
  },
  deadLetters: null,
  auditLog: (): never => {
    throw new Error("no audit log is read here");
  },
  decisions: (): never => {
    throw new Error("no decisions are read here");
  },
  policy: {
    engine: {
      decide: (): never => {
        throw new Error("no policy is asked here");
      },
    },
    region: null,
  },
  onPolicyDenied: (): never => {
    throw new Error("nothing is denied here");
  },
  policies: {
    shelf: { digestOf: unpublished, check: unpublished, put: unpublished, load: unpublished },
    objectOf: unpublished,
  },
  auditSigningKey: null,
  witness: { see: () => null },
} as const;

/** All rooms behind a door, none of which may be reached. @param reached throws. */
export const roomsBehind = (reached: () => never) => ({
  ...{ keys: reached, tenants: reached, tasks: reached, index: reached, approvals: reached, webhooks: null },
  ...{ secrets: reached, dispatch: reached, assets: reached, ...UNAUDITED },
  registry: {
    ...{ resolve: reached, explainAbsence: reached, load: reached },
    ...{ list: reached, versions: reached, publish: reached },
  },
  router: { isAllowed: reached, modelOf: reached },
});

export type Line = { readonly level: string; readonly event: string } & LogContext & LogFacts;

export function memoryLog(lines: Line[] = [], context: LogContext = {}): Log & { readonly lines: readonly Line[] } {
  const write = (level: string) => (event: string, facts?: LogFacts) => {
    lines.push({ level, event, ...context, ...facts });
  };
  return {
    lines,
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (more) => memoryLog(lines, { ...context, ...more }),
  };
}
