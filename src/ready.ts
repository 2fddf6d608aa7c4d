/** What `/ready` says of the parts a task needs to be accepted. Each is asked with a limit; none is woken for it. */
import type { ReadyChecks } from "./api/index.ts";
import type { Bindings } from "./bindings.ts";
import type { Clock } from "./platform/index.ts";

/** A part that answers later than this counts as failed: a balancer asks often and must not wait. */
const CHECK_MS_MAX = 500;

type Check = (env: Bindings) => Promise<unknown>;

const CHECKS: Readonly<Record<string, Check>> = {
  objects: (env) => env.DIRECTORY.getByName("directory").ping(),
  registry: (env) => env.PACKS.head("_ready"),
};

/** Never rejects. */
export async function checkReady(env: Bindings, clock: Clock): Promise<ReadyChecks> {
  const results = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => [name, await outcomeOf(check(env), clock)] as const),
  );
  return Object.fromEntries(results);
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
