/**
 * Journals as earlier code wrote them, one for each shape there was (`journals/v<shape>-<where it stopped>.json`, recorded by
 * the code of that shape): today's code takes each up where it stopped, and changes nothing of what was there.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../../scripts/draw.ts";
import type { TaskEvent, TaskView } from "../../src/task/index.ts";
import { JOURNAL_VERSION } from "../../src/task/journal/journal.ts";
import { withAmbient } from "./ambient.ts";
import { programsOf } from "./auditor.ts";
import { forgetCallers } from "./database-port.ts";
import { Faults } from "./faults.ts";
import { packOf } from "./packs.ts";
import { answerQuestions } from "./person.ts";
import { openUniverse } from "./plans.ts";
import type { Postgres } from "./postgres.ts";
import type { Program } from "./program.ts";
import { call, program, turn } from "./programs.ts";
import { Simulation } from "./simulation.ts";
import { World } from "./world.ts";

type Journal = {
  /** Of the code that recorded it. */
  readonly version: number;
  readonly tenant: string;
  readonly task_id: string;
  readonly pack_digest: string;
  readonly state: string;
  /** `seq type`. */
  readonly events: readonly string[];
  readonly kv: readonly (readonly [string, unknown])[];
  readonly tables: readonly {
    readonly table: string;
    readonly sql: string;
    readonly rows: readonly Readonly<Record<string, string | number | null>>[];
  }[];
};

const FOLDER = join(import.meta.dirname, "journals");
const JOURNALS = readdirSync(FOLDER).map((name) => {
  const journal: Journal = JSON.parse(readFileSync(join(FOLDER, name), "utf8"));
  return { name: name.replace(".json", ""), journal };
});

/** Soon after the last of them was recorded. */
const TAKEN_UP_AT = Date.parse("2027-02-28T12:00:30.000Z");
const HOUR_MS = 60 * 60 * 1_000;

/** What the model would have said from the beginning, by where the journal stopped. */
const TURNS: Readonly<Record<string, Program["turns"]>> = {
  queued: [],
  calling: [turn(call("read", 1)), turn(call("keyed", 2))],
  retrying: [turn(call("read", 1))],
  done: [turn(call("read", 1)), turn(call("keyed", 2))],
  asking: [turn(call("read", 1)), turn(call("pay", 2))],
  doubt: [turn(call("write", 1))],
  handed: [turn(call("hand", 1, { child: program("handed3.1", [turn(call("write", 3))], { pack: "helper" }) }))],
};

let postgres: Postgres;
beforeAll(async () => {
  postgres = await openUniverse();
});
afterAll(() => postgres.close());

async function takeUp(name: string, journal: Journal) {
  await postgres.empty();
  forgetCallers();
  const [, story = ""] = name.split("-");
  const programs = programsOf([program(`${story}${journal.version}`, TURNS[story] ?? [])]);
  const random = seeded(journal.version);
  const simulation = new Simulation(random);
  simulation.now = TAKEN_UP_AT;
  const faults = new Faults({ enabled: [], random, now: () => simulation.now, most: 0 });
  // A pack is found by the digest it had then, whatever today's composer makes of it.
  const shelf = new Map([
    ["worker", [{ ...(await packOf("worker")), digest: journal.pack_digest }]],
    ["helper", [await packOf("helper")]],
  ]);
  const world = new World({
    simulation,
    faults,
    fate: () => false,
    postgres,
    programs,
    shelf,
    maxRunning: 3,
    startsItself: true,
  });
  const id = `${journal.tenant}/${journal.task_id}`;
  load(world, id, journal);
  return withAmbient({ now: () => simulation.now, random }, async () => {
    const before = await world.objects.look<{ readonly events: readonly TaskEvent[] }>(
      "task",
      id,
      "events",
      [0, 1_000],
    );
    void answerQuestions(world, { everyMs: 5_000, afterMs: 20_000 });
    void world.kick(world.actor("test"), journal.tenant, journal.task_id);
    await simulation.run(TAKEN_UP_AT + HOUR_MS);
    const view = await world.objects.look<TaskView>("task", id, "view");
    const after = await world.objects.look<{ readonly events: readonly TaskEvent[] }>("task", id, "events", [0, 1_000]);
    const effects = [...world.witness.effects];
    world.objects.close();
    return { before: before.events, view, after: after.events, effects };
  });
}

function load(world: World, id: string, { tables, kv }: Journal): void {
  const store = world.objects.store("task", id);
  for (const { table, sql, rows } of tables) {
    store.database.exec(sql);
    for (const row of rows) {
      const names = Object.keys(row);
      const places = names.map(() => "?").join(", ");
      store.database
        .prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`)
        .run(...Object.values(row));
    }
  }
  const put = store.database.prepare("INSERT INTO _kv (key, value) VALUES (?, ?)");
  for (const [key, value] of kv) put.run(key, serialize(value));
}

describe("a journal of an earlier shape", () => {
  it("is here for every shape that today's code knows", () => {
    const shapes = new Set(JOURNALS.map(({ journal }) => journal.version));
    expect([...shapes].sort()).toEqual(Array.from({ length: JOURNAL_VERSION }, (_, at) => at + 1));
  });

  for (const { name, journal } of JOURNALS) {
    it(`is taken up where it stopped, to its end: ${name}`, async () => {
      const { before, view, after } = await takeUp(name, journal);
      expect(before.map(({ seq, type }) => `${seq} ${type}`)).toEqual(journal.events);
      expect(view).toMatchObject({ state: "done", error: null });
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after.every(({ seq }, at) => seq === at + 1)).toBe(true);
      const results = after.filter(({ type }) => type === "tool.result").map(({ data }) => data.call_id);
      expect(new Set(results).size).toBe(results.length);
    });
  }

  it("does nothing a second time that was recorded, and asks about what may have happened", async () => {
    const done = JOURNALS.find(({ name }) => name === "v1-done");
    const doubt = JOURNALS.find(({ name }) => name === "v2-doubt");
    if (done === undefined || doubt === undefined) throw new Error("the journals are here");
    expect((await takeUp(done.name, done.journal)).effects).toEqual([]);
    const { after } = await takeUp(doubt.name, doubt.journal);
    expect(after.filter(({ type }) => type === "approval.requested")).toHaveLength(1);
  });
});
