/** What `/ready` says of the parts a task needs to be accepted. Each is asked with a limit; none is woken for it. */
import type { Readiness, ReadyChecks } from "./api/index.ts";
import { Canceller, type Clock, type Db, type DbFailure, type DbStatus, type Result } from "./platform/index.ts";

/** A part that answers later than this counts as failed: a balancer asks often and must not wait. */
const CHECK_MS_MAX = 500;
/** The database is asked at most this often; while it is there and idle, never: asking would keep it awake. */
const DATABASE_AGAIN_MS = 30_000;
/** One whose answer was only late may be on its way: it is asked again sooner. */
const DATABASE_LATE_MS = 2_000;
/** A database that anybody used within this time is awake or being woken: asking it once more changes nothing. */
const DATABASE_AWAKE_MS = 5_000;
/** SQLSTATE of a database that never saw a migration: no such table, no such schema. */
const NO_SCHEMA: readonly unknown[] = ["42P01", "3F000"];

export type ReadyPorts = {
  /** Asks one part; a rejection is a failure. */
  readonly parts: Readonly<Record<string, () => Promise<unknown>>>;
  /** Null without a database. */
  readonly db: Pick<Db, "status" | "lastUsedAt"> | null;
  /** Whether stored events are published. */
  readonly hasOutbox: boolean;
  readonly clock: Clock;
};

/** @returns asks all parts; never rejects. What it knows of the database it keeps, so make one per isolate. */
export function createReadiness({ parts, db, hasOutbox, clock }: ReadyPorts): () => Promise<Readiness> {
  const askDatabase = db && createDatabaseCheck(db, clock);
  return async () => {
    const database = askDatabase && (await askDatabase());
    const results = await Promise.all(
      Object.entries(parts).map(async ([name, ask]) => {
        const outcome = await within(ask(), clock);
        return [name, outcome?.ok ? "ok" : "failed"] as const;
      }),
    );
    const checks: ReadyChecks = {
      ...Object.fromEntries(results),
      ...(database && { database: database.state, outbox: hasOutbox ? "ok" : "degraded" }),
    };
    return { checks, database: database?.facts ?? null };
  };
}

type Known = {
  readonly state: "ok" | "degraded" | "failed";
  readonly facts: NonNullable<Readiness["database"]>;
  readonly at: number;
  readonly isLate: boolean;
};

const UNKNOWN = { schemaVersion: null, isRoleSafe: null };

function createDatabaseCheck(db: NonNullable<ReadyPorts["db"]>, clock: Clock): () => Promise<Known> {
  let known: Known | null = null;
  const isEnough = ({ state, at, isLate }: Known): boolean => {
    const now = clock.now();
    if (now - at < (isLate ? DATABASE_LATE_MS : DATABASE_AGAIN_MS)) return true;
    if (state !== "ok") return false;
    const last = db.lastUsedAt();
    return last === null || last <= at || now - last > DATABASE_AWAKE_MS;
  };
  return async () => {
    if (known !== null && isEnough(known)) return known;
    const outcome = await within(db.status(), clock);
    const told = toKnown(outcome, known?.facts ?? UNKNOWN);
    known = { ...told, at: clock.now(), isLate: outcome === null };
    return known;
  };
}

/**
 * Tasks are accepted without the database, so its absence only degrades. A role that could bypass row-level security
 * is a broken deployment: no task is accepted on it.
 */
function toKnown(
  outcome: Result<Result<DbStatus, DbFailure>, unknown> | null,
  before: Known["facts"],
): Pick<Known, "state" | "facts"> {
  if (outcome?.ok && outcome.value.ok) {
    const { schemaVersion, isRoleSafe } = outcome.value.value;
    return { state: isRoleSafe ? "ok" : "failed", facts: { schemaVersion, isRoleSafe } };
  }
  const isEmpty = outcome?.ok && !outcome.value.ok && NO_SCHEMA.includes(outcome.value.error.sqlstate);
  return { state: "degraded", facts: isEmpty ? { ...before, schemaVersion: 0 } : before };
}

/** The outcome as a value; null when it is not there in time. */
async function within<T>(asked: Promise<T>, clock: Clock): Promise<Result<T, unknown> | null> {
  const done = new Canceller();
  const late = clock.sleep(CHECK_MS_MAX, done.signal).then(
    () => null,
    () => null, // The part answered first; nobody reads this any more.
  );
  const answer = asked.then(
    (value) => ({ ok: true as const, value }),
    (error: unknown) => ({ ok: false as const, error }),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}
