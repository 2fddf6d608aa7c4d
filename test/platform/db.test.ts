/** What the port makes of a server's answers that no database gives on demand: conflicts, and answers that are none. */
import { afterEach, describe, expect, it } from "vitest";
import { type DatabaseEndpoint, openEndpoint } from "../../src/local/database/endpoint.ts";
import type { SqlOutcome } from "../../src/local/database/protocol.ts";
import { createDb, parseTenantId, type TenantId } from "../../src/platform/index.ts";

const open: DatabaseEndpoint[] = [];
afterEach(async () => {
  for (const endpoint of open.splice(0)) await endpoint.close();
});

const refuse = (code: string): SqlOutcome => ({ ok: false, failure: { code, message: "refused" } });
const done: SqlOutcome = { ok: true, results: [] };

/** A server on loopback that gives these outcomes, one a request, the last one for ever; and the port before it. */
async function portBefore(outcomes: readonly (SqlOutcome | Error)[]) {
  const left = [...outcomes];
  const waits: number[] = [];
  const backend = {
    run: async () => {
      const outcome = left.length > 1 ? left.shift() : left[0];
      if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error("no outcome");
      return outcome;
    },
    close: async () => {},
  };
  const endpoint = await openEndpoint(backend, { app_user: "x" }, { database: "d" });
  open.push(endpoint);
  const db = createDb({
    database: { url: endpoint.connectionString("app_user"), httpEndpoint: endpoint.url },
    outboxDatabaseUrl: null,
    clock: {
      now: () => 0,
      sleep: (ms, signal) => {
        if (ms < 2_000) return Promise.resolve(void waits.push(ms));
        return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    },
    random: () => 1,
  });
  return { db, endpoint, waits };
}

function tenant(): TenantId {
  const parsed = parseTenantId("tenant-a");
  if (parsed === undefined) throw new Error("no tenant");
  return parsed;
}

describe("the port", () => {
  const CASES: readonly (readonly [string, readonly (SqlOutcome | Error)[], boolean, number, string])[] = [
    ["asks a third time after two deadlocks", [refuse("40P01"), refuse("40P01"), done], false, 3, "ok"],
    ["asks again after a conflict even when a write has no key", [refuse("40001"), done], true, 2, "ok"],
    ["gives up after three conflicts", [refuse("40001")], false, 3, "unavailable"],
    ["asks twice when there are too many connections", [refuse("53300")], false, 2, "unavailable"],
    ["asks twice when the server shuts down", [refuse("57P01"), done], false, 2, "ok"],
    ["asks once when a write has no key and its outcome is unknown", [new Error("lost")], true, 1, "unavailable"],
    ["asks twice when the server is lost", [new Error("lost"), done], false, 2, "ok"],
    ["asks once when the rows are refused", [refuse("23514")], false, 1, "constraint"],
    ["asks once when a value is refused", [refuse("22P02")], false, 1, "invalid"],
  ];
  for (const [name, outcomes, once, requests, expected] of CASES) {
    it(name, async () => {
      const { db, endpoint, waits } = await portBefore(outcomes);
      const result = await db.batch(tenant(), [{ text: "select 1" }], { once });
      expect(result.ok ? "ok" : result.error.reason).toBe(expected);
      expect(endpoint.counts().requests).toBe(requests);
      expect(waits).toEqual(Array.from({ length: requests - 1 }, () => 200));
    });
  }
});
