/**
 * The database of a simulated world as its lives reach it: the real port and driver, and in place of the network a way
 * that fails as networks and databases do. What is executed is real.
 */
import { neonConfig } from "@neondatabase/serverless";
import type { SqlOutcome, SqlWork } from "../../src/local/database/protocol.ts";
import { createDb, type Db } from "../../src/platform/index.ts";
import type { Faults } from "./faults.ts";
import type { Life } from "./life.ts";
import { answerDriver, type Postgres } from "./postgres.ts";
import type { Simulation } from "./simulation.ts";

export type DatabasePorts = {
  readonly postgres: Postgres;
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly isAway: (now: number) => boolean;
};

/** The lives of the world that runs now, by the password of their connections. */
const callers = new Map<string, { readonly life: Life; readonly ports: DatabasePorts }>();

/** The driver's way out, for all worlds of this process. */
export function installDriver(): void {
  neonConfig.fetchFunction = (
    _url: string,
    init: { headers: Record<string, string>; body: string; signal?: AbortSignal },
  ) =>
    answerDriver(init, (work, password) => {
      const caller = callers.get(password);
      // A life that no world knows any more waits for ever, as the dead do.
      if (caller === undefined) return new Promise<never>(() => undefined);
      return travel(caller.ports, caller.life, work, init.signal);
    });
}

export function forgetCallers(): void {
  callers.clear();
}

export function databaseOf(ports: DatabasePorts, life: Life): Db {
  const name = `life${callers.size}`;
  callers.set(name, { life, ports });
  const url = (user: string) => `postgres://${user}:${name}@api.database.test:5432/postgres`;
  return createDb({
    database: { url: url("app_user"), httpEndpoint: null },
    outboxDatabaseUrl: url("outbox_publisher"),
    clock: life.clock,
    random: ports.simulation.random,
  });
}

/** Isolates whose next request fails as well. */
const failing = new WeakSet<Life>();
const isOfInbox = ({ statements }: SqlWork): boolean =>
  statements.some(({ query }) => query.includes("INTO inbox_events"));

const CONFLICT: SqlOutcome = { ok: false, failure: { message: "could not serialize access", code: "40001" } };

async function travel(ports: DatabasePorts, life: Life, work: SqlWork, signal?: AbortSignal): Promise<SqlOutcome> {
  const { faults, simulation, postgres } = ports;
  const lost = () => new TypeError("fetch failed");
  if (ports.isAway(simulation.now)) {
    faults.hit(23);
    // A host that refuses, and one that does not answer.
    if (simulation.random() < 0.5) await life.clock.sleep(60_000, signal);
    throw lost();
  }
  if (faults.strikes(24, 0.05)) await life.clock.sleep(1_000 + simulation.random() * 9_000, signal);
  if (faults.strikes(26, 0.05)) {
    if (simulation.random() < 0.5) throw lost();
    await life.clock.sleep(600, signal);
  }
  if (isOfInbox(work) && (failing.has(life) || faults.strikes(16, 0.1))) {
    // Both attempts of the port: then one task's messages fail, and the others of the batch do not.
    if (!failing.delete(life)) failing.add(life);
    throw lost();
  }
  const isConflict = faults.strikes(28, 0.05);
  const isUnheard = faults.strikes(25, 0.05);
  const isLate = work.statements.some(({ query }) => query.includes("INTO event_outbox")) && faults.strikes(20, 0.1);
  const run = async (): Promise<SqlOutcome> => {
    if (isConflict) return CONFLICT;
    return isLate ? postgres.runWithOlderNumbers(work) : postgres.run(work);
  };
  const outcome = await life.ask(work.user === "app_user" ? "database" : "outbox", run, { signal, isHeld: true });
  if (isUnheard) throw lost();
  return outcome;
}
