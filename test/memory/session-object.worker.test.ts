/** Short-term memory in the real runtime: an object per session that moves through time and removes itself. */
import { env as bindings, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { createObjectMemory } from "../../src/memory/index.ts";
import { SessionMemoryObject } from "../../src/memory/object.ts";
import type { SessionStub } from "../../src/memory/object-memory.ts";
import { manualClock, patientClock } from "../api/ports.ts";
import { memorySuite } from "../case/memory.case.ts";

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type
const stubOf = (name: string) => env.SESSION_MEMORY.getByName(name);

/** Each call finds an object that has just woken up, by a clock that is moved by hand. */
function rig() {
  const clock = manualClock(Date.now());
  const names = new Set<string>();
  const within = <T>(
    name: string,
    work: (object: SessionMemoryObject, state: DurableObjectState) => Promise<T>,
  ): Promise<T> =>
    runInDurableObject(stubOf(name), (_object, state) => work(new SessionMemoryObject(state, env, { clock }), state));
  const objectOf = (name: string): SessionStub => {
    names.add(name);
    return {
      set: (key, value, ttlMs) => within(name, (object) => object.set(key, value, ttlMs)),
      get: (key) => within(name, (object) => object.get(key)),
      delete: (key) => within(name, (object) => object.delete(key)),
      append: (entry, retention) => within(name, (object) => object.append(entry, retention)),
      list: () => within(name, (object) => object.list()),
      clear: () => within(name, (object) => object.clear()),
    };
  };
  /** The time, and every alarm that is due by then. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    for (const name of names) {
      await within(name, async (object, { storage }) => {
        const at = await storage.getAlarm();
        if (at !== null && at <= clock.now()) await object.alarm();
      });
    }
  };
  // The limit on waiting has its own clock: this one jumps.
  return { memory: createObjectMemory({ objectOf, clock: patientClock }), pass, within };
}

memorySuite(rig);

describe("a session's object", () => {
  const SPACE = { tenant: "tenant-1", agent: "a", session: "own" };
  const NAME = "tenant-1/a/own";

  it("is empty again, storage and alarm, when everything in it is over", async () => {
    const { memory, pass, within } = rig();
    await memory.set(SPACE, "a", "1", 1_000);
    await memory.append(SPACE, { id: "t", at: 1, value: "v" }, { ttlMs: 5_000, maxEntries: 3 });
    const look = () =>
      within(NAME, async (_object, { storage }) => ({
        tables: storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('value', 'entry')").toArray().length,
        alarm: (await storage.getAlarm()) !== null,
      }));
    await pass(1_000);
    expect(await look()).toEqual({ tables: 2, alarm: true });
    await pass(4_000);
    expect(await look()).toEqual({ tables: 0, alarm: false });
  });

  it("stores nothing for being asked", async () => {
    const { memory, within } = rig();
    const space = { ...SPACE, session: "asked" };
    await memory.get(space, "a");
    await memory.list(space);
    await memory.delete(space, "a");
    await memory.clear(space);
    const tables = await within("tenant-1/a/asked", async (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('value', 'entry')").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("answers the same through its binding", async () => {
    const memory = createObjectMemory({ objectOf: stubOf, clock: patientClock });
    const space = { ...SPACE, session: "bound" };
    await memory.append(space, { id: "t", at: 1, value: "v" }, { ttlMs: 60_000, maxEntries: 3 });
    expect(await memory.list(space)).toEqual(["v"]);
  });
});
