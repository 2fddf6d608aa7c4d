/** What `/ready` says of the parts a task needs to be accepted. Each is asked with a limit; none is woken for it. */
import type { ReadyChecks } from "./api/index.ts";
import type { Bindings } from "./bindings.ts";
import type { Clock, Db } from "./platform/index.ts";

/** A part that answers later than this counts as failed: a balancer asks often and must not wait. */
const CHECK_MS_MAX = 500;

type Check = (env: Bindings) => Promise<unknown>;

/** While the database is away it is asked again at most this often; while it is there, never: asking would keep it awake. */
const DATABASE_AGAIN_MS = 30_000;

const CHECKS: Readonly<Record<string, Check>> = {
  objects: (env) => env.DIRECTORY.getByName("directory").ping(),
  registry: (env) => env.PACKS.head("_ready"),
};

/** Never rejects. */
export async function checkReady(env: Bindings, clock: Clock, db: Db | null): Promise<ReadyChecks> {
  const database = db === null ? {} : { database: await databaseState(db, clock) };
  const results = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => [name, await outcomeOf(check(env), clock)] as const),
  );
  return { ...Object.fromEntries(results), ...database };
}

let known: { readonly state: "ok" | "degraded" | "failed"; readonly at: number } | null = null;

/**
 * Tasks are accepted without the database, so its absence only degrades. A role that could bypass row-level security
 * is a broken deployment: no task is accepted on it.
 */
async function databaseState(db: Db, clock: Clock): Promise<"ok" | "degraded" | "failed"> {
  const now = clock.now();
  if (known !== null && (known.state === "ok" || now - known.at < DATABASE_AGAIN_MS)) return known.state;
  const done = new AbortController();
  const late = clock.sleep(CHECK_MS_MAX, done.signal).then(
    () => "degraded" as const,
    () => "degraded" as const, // The database answered first; nobody reads this any more.
  );
  const asked = db.status().then((status) => {
    if (!status.ok) return "degraded" as const;
    return status.value.isRoleSafe ? ("ok" as const) : ("failed" as const);
  });
  const state = await Promise.race([asked, late]);
  done.abort();
  known = { state, at: now };
  return state;
}

async function outcomeOf(check: Promise<unknown>, clock: Clock): Promise<"ok" | "failed"> {
  const done = new AbortController();
  const late = clock.sleep(CHECK_MS_MAX, done.signal).then(
    () => "failed" as const,
    () => "failed" as const, // The check ended first; nobody reads this any more.
  );
  const answer = check.then(
    () => "ok" as const,
    () => "failed" as const,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    done.abort();
  }
}
