/**
 * An old gateway and a new object, and the reverse: a deploy has both at work. What callers of a recorded version said is taken, and
 * what callers and objects say today has all that the other side of that version reads.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { TaskObject, TenantIndexObject } from "../../src/task/object.ts";
import { accept as acceptByDoor, ask, follow, publishShared } from "../api/gateway.ts";
import calling from "../fault/journals/v1-calling.json";
import asking from "../fault/journals/v2-asking.json";
import handed from "../fault/journals/v3-handed.json";
import { accept, env, fiveSteps, publish, readUntil, TOOLS, typesOf } from "./harness.ts";
import { lacks, SHAPES } from "./shapes.ts";

afterEach(() => void vi.restoreAllMocks());

type Journal = { readonly tables: readonly { readonly table: string; readonly rows: readonly object[] }[] };

/** The arguments of `create` as the code of that time sent and kept them. */
function requestIn({ tables }: Journal): object {
  const [row] = tables.find(({ table }) => table === "task")?.rows ?? [];
  return JSON.parse(String(row === undefined ? "" : Reflect.get(row, "request")));
}

describe("an object", () => {
  for (const [version, journal] of [
    ["1", calling],
    ["2", asking],
    ["3", handed],
  ] as const) {
    it(`takes what a gateway of the journals' shape ${version} sent`, async () => {
      const { digest, config } = await publish("tester");
      const task_id = `00000000-0000-8000-8000-00000000000${version}`;
      const pack = { pack_id: "tester", pack_version: config.version, pack_digest: digest, pack_owner: "_shared" };
      const args = { ...requestIn(journal), ...pack, task_id, tenant: "shapes", input: fiveSteps() };
      const stub = env.TASK.getByName(`shapes/${task_id}`);
      // Members that came later are not there: that is what is tried.
      expect(await stub.create(args as unknown as Parameters<typeof stub.create>[0])).toMatchObject({
        kind: "created",
      });
      await stub.kick();
      expect(typesOf(await readUntil(stub)).at(-1)).toBe("task.done");
    });
  }
});

/** A whole task through the front door and one that a message starts, and everything that their objects were told and said. */
async function watchRun(): Promise<readonly Heard[]> {
  await publishShared("shaped", { more: TOOLS });
  const heard: Heard[] = [];
  for (const [name, { prototype }] of Object.entries({ TaskObject, TenantIndexObject })) {
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const spied = Object.getOwnPropertyDescriptor(prototype, method)?.value;
      if (method === "constructor" || typeof spied !== "function") continue;
      const spy = vi.spyOn(prototype as unknown as Record<string, (...given: unknown[]) => unknown>, method);
      spy.mockImplementation(async function (this: unknown, ...said: unknown[]) {
        const answered: unknown = await spied.apply(this, said);
        heard.push({ name: `${name}.${method}`, said, answered });
        return answered;
      });
    }
  }
  const file = '@tool file_manager {"action":"write","path":"/workspace/a.txt","content":"kept"}';
  const taskId = await acceptByDoor(`${file}\n@say done`, { pack: "shaped", tenant: "shapes" });
  await (await follow(taskId, { tenant: "shapes" })).text();
  for (const path of ["", "/files", "/events"]) {
    const headers = path === "/events" ? { accept: "application/json" } : {};
    await (await ask(`/api/v1/tasks/${taskId}${path}`, { tenant: "shapes", headers })).text();
  }
  await (await ask(`/api/v1/tasks/${taskId}/cancel`, { tenant: "shapes", method: "POST" })).text();
  await vi.waitUntil(() => heard.some(({ name }) => name === "TenantIndexObject.release"), { timeout: 60_000 });
  const { stub } = await accept("@say done", { tenant: "shapes" });
  await stub().kick();
  await readUntil(stub());
  return heard;
}

type Heard = { readonly name: string; readonly said: readonly unknown[]; readonly answered: unknown };

describe("today's code", () => {
  for (const [version, shapes] of Object.entries(SHAPES)) {
    it(`answers a gateway of ${version} all that it reads, and says to an object of ${version} all that it needs`, async () => {
      const heard = await watchRun();
      for (const [name, { said, answered }] of Object.entries(shapes)) {
        const own = heard.filter((one) => one.name === name);
        expect(own.length, `${name} was called`).toBeGreaterThan(0);
        for (const one of own) {
          expect(lacks(one.said, said), `what ${name} is told`).toEqual([]);
          expect(lacks(one.answered, answered), `what ${name} answers`).toEqual([]);
        }
      }
    });
  }

  it("would be found to lack a member that is gone or of another kind", () => {
    expect(lacks({ a: [{ b: 1 }, {}], c: null }, { "a.[].b": "number", c: "string" })).toEqual([
      "a.[].b is undefined, not number",
      "c is null, not string",
    ]);
  });
});
