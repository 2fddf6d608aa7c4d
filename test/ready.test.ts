/** Readiness: what it says of the database, and how seldom it asks for it. */
import { describe, expect, it } from "vitest";
import { err, ok } from "../src/platform/index.ts";
import { createReadiness, type ReadyPorts } from "../src/ready.ts";
import { manualClock } from "./api/ports.ts";

const STATUS = { schemaVersion: 9, isRoleSafe: true, role: "app_user" };
type Answer = Awaited<ReturnType<NonNullable<ReadyPorts["db"]>["status"]>> | "late";
const away = (sqlstate: string | null): Answer => err({ reason: "unavailable", message: "gone", sqlstate });

/** A database that answers as told, and counts how often it is asked. */
function rig(first: Answer = ok(STATUS), more: Partial<ReadyPorts> = {}) {
  const clock = manualClock();
  let answer = first;
  let asked = 0;
  let usedAt: number | null = null;
  const db: ReadyPorts["db"] = {
    status: async () => {
      asked += 1;
      if (answer === "late") return new Promise(() => undefined);
      usedAt = clock.now();
      return answer;
    },
    lastUsedAt: () => usedAt,
  };
  const parts = { objects: async () => undefined };
  const ready = createReadiness({ parts, db, hasOutbox: true, clock, ...more });
  return {
    clock,
    asked: () => asked,
    ready,
    /** As `ready`, for a database that does not answer in time. */
    readyLate: async () => {
      const readiness = ready();
      clock.advance(500);
      return readiness;
    },
    becomes: (next: Answer) => {
      answer = next;
    },
    /** Somebody else used the database. */
    used: () => {
      usedAt = clock.now();
    },
  };
}

const MINUTE = 60_000;

describe("readiness", () => {
  it("tells the schema's version and that the role is safe", async () => {
    expect(await rig().ready()).toEqual({
      checks: { objects: "ok", database: "ok", outbox: "ok" },
      database: { schemaVersion: 9, isRoleSafe: true },
    });
  });

  it("has nothing to tell without a database", async () => {
    expect(await rig(ok(STATUS), { db: null }).ready()).toEqual({ checks: { objects: "ok" }, database: null });
  });

  it("fails with a role that can bypass row-level security, and says which schema it saw", async () => {
    expect(await rig(ok({ ...STATUS, isRoleSafe: false })).ready()).toMatchObject({
      checks: { database: "failed" },
      database: { schemaVersion: 9, isRoleSafe: false },
    });
  });

  it("is degraded while events are stored and not published", async () => {
    expect((await rig(ok(STATUS), { hasOutbox: false }).ready()).checks).toMatchObject({ outbox: "degraded" });
  });

  it("knows nothing of a database that is away, and of one that was there what it knew", async () => {
    const { ready, becomes, clock, used } = rig(away(null));
    expect(await ready()).toMatchObject({
      checks: { database: "degraded" },
      database: { schemaVersion: null, isRoleSafe: null },
    });
    becomes(ok(STATUS));
    clock.advance(MINUTE);
    expect((await ready()).database).toEqual({ schemaVersion: 9, isRoleSafe: true });
    becomes(away(null));
    clock.advance(MINUTE);
    used();
    expect(await ready()).toMatchObject({ checks: { database: "degraded" }, database: { schemaVersion: 9 } });
  });

  it("calls the schema 0 where no migration ran", async () => {
    for (const sqlstate of ["42P01", "3F000"]) {
      expect((await rig(away(sqlstate)).ready()).database).toEqual({ schemaVersion: 0, isRoleSafe: null });
    }
  });

  it("fails for a part that fails, and for one that does not answer in time", async () => {
    const broken = rig(ok(STATUS), { parts: { objects: () => Promise.reject(new Error("gone")) } });
    expect((await broken.ready()).checks).toMatchObject({ objects: "failed", database: "ok" });
    const silent = rig(ok(STATUS), { db: null, parts: { objects: () => new Promise(() => undefined) } });
    expect((await silent.readyLate()).checks).toEqual({ objects: "failed" });
  });
});

describe("a database that is there", () => {
  it("is asked once and never again while nobody uses it", async () => {
    const { ready, clock, asked } = rig();
    for (let minute = 0; minute < 60; minute++) {
      await ready();
      clock.advance(MINUTE);
    }
    expect(asked()).toBe(1);
  });

  it("is asked again when somebody used it a moment ago, so that a migration shows, and an outage", async () => {
    const { ready, clock, asked, used, becomes } = rig();
    await ready();
    becomes(ok({ ...STATUS, schemaVersion: 10 }));
    clock.advance(MINUTE);
    used();
    expect((await ready()).database).toMatchObject({ schemaVersion: 10 });
    expect((await ready()).database).toMatchObject({ schemaVersion: 10 });
    expect(asked()).toBe(2);
    // Used, but so long ago that it may be asleep.
    clock.advance(MINUTE);
    used();
    clock.advance(6_000);
    await ready();
    expect(asked()).toBe(2);
  });
});

describe("a database that is not", () => {
  it("is asked again every half minute", async () => {
    const { ready, clock, asked } = rig(away(null));
    for (let second = 0; second < 60; second++) {
      await ready();
      clock.advance(1_000);
    }
    expect(asked()).toBe(2);
  });

  it("and only late is asked again sooner, for it may be waking up", async () => {
    const { readyLate, ready, clock, becomes } = rig("late");
    expect((await readyLate()).checks).toMatchObject({ database: "degraded" });
    becomes(ok(STATUS));
    expect((await ready()).checks).toMatchObject({ database: "degraded" });
    clock.advance(2_000);
    expect((await ready()).checks).toMatchObject({ database: "ok" });
  });
});
