/** Files of tasks through the front door, and what the tasks of one session see of each other's. */
import { abortAllDurableObjects } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { accept, answerOf, ask, finished, newKey, publishShared, TENANT } from "./gateway.ts";

const PACK = "filer";
const SANDBOX = 'sandbox: { timeout: "10s", filesystem: "scoped", scoped_paths: ["/workspace"] }';
const MORE = `tools: { available: [
  { id: "file_manager", name: "File Manager", ${SANDBOX} }, { id: "code_executor", name: "Code", ${SANDBOX} } ] }`;

beforeAll(async () => void (await Promise.all([PACK, "other-filer"].map((id) => publishShared(id, { more: MORE })))));

const write = (path: string, content: string): string =>
  `@tool file_manager ${JSON.stringify({ action: "write", path, content })}`;
const remove = (path: string): string => `@tool file_manager ${JSON.stringify({ action: "delete", path })}`;

type More = { readonly session?: string; readonly tenant?: string; readonly pack?: string };

/** A task that has ended. */
async function ran(input: string, { session, tenant = TENANT, pack = PACK }: More = {}): Promise<string> {
  const more = session === undefined ? {} : { session_id: session };
  const taskId = await accept(input, { pack, tenant, more });
  await finished(taskId, { tenant });
  return taskId;
}

const fileOf = (taskId: string, path: string, tenant = TENANT) =>
  ask(`/api/v1/tasks/${taskId}/files${path}`, { tenant });

/** Path -> content. */
async function filesOf(taskId: string, tenant = TENANT): Promise<Record<string, string>> {
  const { body } = await answerOf(fileOf(taskId, "", tenant));
  const items = body.items as readonly { readonly path: string }[]; // the schema says so
  const contents = items.map(async ({ path }) => [path, await (await fileOf(taskId, path, tenant)).text()] as const);
  return Object.fromEntries(await Promise.all(contents));
}

describe("the files of a task", () => {
  it("are listed with size, digest and the step that wrote them, and without what was deleted", async () => {
    const steps = [
      write("/workspace/b.md", "# B"),
      write("/workspace/a.txt", "ä"),
      write("/workspace/c", ""),
      remove("/workspace/c"),
    ];
    const taskId = await ran(steps.join("\n"));
    expect(await answerOf(fileOf(taskId, ""))).toEqual({
      status: 200,
      body: {
        items: [
          {
            path: "/workspace/a.txt",
            bytes: 2,
            sha256: "33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc",
            modified_step: 1,
          },
          { path: "/workspace/b.md", bytes: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), modified_step: 0 },
        ],
        next_cursor: null,
      },
    });
  });

  it("are none for a task that wrote none", async () => {
    expect(await answerOf(fileOf(await ran("hello"), ""))).toMatchObject({ status: 200, body: { items: [] } });
  });

  it("come back as they were written, also after their object was lost", async () => {
    const taskId = await ran(write("/workspace/notes/a b.txt", "one\ntwo\n"));
    await abortAllDurableObjects();
    const response = await fileOf(taskId, "/workspace/notes/a%20b.txt");
    expect([response.status, await response.text()]).toEqual([200, "one\ntwo\n"]);
  });

  it("are downloads that no browser opens, whatever they are called", async () => {
    const page = "<script>alert(1)</script>";
    const taskId = await ran([write("/workspace/x.html", page), write("/workspace/ü'.svg", page)].join("\n"));
    for (const [path, name] of [
      ["/workspace/x.html", "x.html"],
      ["/workspace/%C3%BC'.svg", "%C3%BC%27.svg"],
    ] as const) {
      const { headers } = await fileOf(taskId, path);
      expect(headers.get("content-type")).toBe("application/octet-stream");
      expect(headers.get("content-disposition")).toBe(`attachment; filename*=UTF-8''${name}`);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  for (const [name, path] of [
    ["a file that is not there", "/workspace/nope.txt"],
    ["a folder", "/workspace"],
    ["another spelling of a file", "/workspace//a.txt"],
    ["a path that climbs", "/workspace/x%2F%2E%2E%2Fa.txt"],
  ] as const) {
    it(`are not found: ${name}`, async () => {
      const taskId = await ran(write("/workspace/a.txt", "a"));
      expect(await answerOf(fileOf(taskId, path))).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    });
  }

  it("of another tenant, and of no task, are no task's", async () => {
    const taskId = await ran(write("/workspace/a.txt", "a"));
    for (const path of ["", "/workspace/a.txt"]) {
      const foreign = await answerOf(fileOf(taskId, path, "tenant-456"));
      const missing = await answerOf(fileOf("00000000-0000-8000-8000-000000000000", path));
      expect([foreign, missing]).toMatchObject(
        [404, 404].map((status) => ({ status, body: { code: "TASK_NOT_FOUND" } })),
      );
    }
  });
});

describe("the tasks of a session", () => {
  it("begin with the files that the last one left, which came from no step of theirs", async () => {
    const session = newKey();
    await ran([write("/workspace/a", "1"), write("/workspace/b", "1")].join("\n"), { session });
    const second = await ran([write("/workspace/a", "2"), remove("/workspace/b")].join("\n"), { session });
    const third = await ran("hello", { session });
    expect([await filesOf(second), await filesOf(third)]).toEqual([{ "/workspace/a": "2" }, { "/workspace/a": "2" }]);
    const { body } = await answerOf(fileOf(third, ""));
    expect(body.items).toMatchObject([{ modified_step: null }]);
  });

  it("can use them with their tools", async () => {
    const session = newKey();
    await ran(write("/workspace/n.txt", "41"), { session });
    const code = "require('fs').writeFileSync('n.txt', String(Number(require('fs').readFileSync('n.txt')) + 1))";
    const next = await ran(`@tool code_executor ${JSON.stringify({ language: "javascript", code })}`, { session });
    expect(await filesOf(next)).toEqual({ "/workspace/n.txt": "42" });
  });

  it("do not begin with what a failed task left", async () => {
    const session = newKey();
    await ran(write("/workspace/a", "done"), { session });
    await ran([write("/workspace/a", "failed"), "@fail 401"].join("\n"), { session });
    expect(await filesOf(await ran("hello", { session }))).toEqual({ "/workspace/a": "done" });
  });

  it("that run at once do not see each other, and the one that finished last is the one that counts", async () => {
    const session = newKey();
    const more = { session_id: session };
    const slow = await accept(`@sleep 10m\n${write("/workspace/slow", "1")}`, { pack: PACK, more });
    const quick = await ran(write("/workspace/quick", "1"), { session });
    expect(await filesOf(quick)).toEqual({ "/workspace/quick": "1" });
    await ask(`/api/v1/tasks/${slow}/cancel`, { method: "POST" });
    expect(await filesOf(await ran("hello", { session }))).toEqual({ "/workspace/quick": "1" });
  });

  for (const [name, other] of [
    ["another session", { session: "another" }],
    ["another tenant's session of that name", { tenant: "tenant-456" }],
    ["another pack's session of that name", { pack: "other-filer" }],
    ["no session", { session: undefined }],
  ] as const) {
    it(`share nothing with ${name}`, async () => {
      const session = newKey();
      await ran(write("/workspace/a", "mine"), { session });
      const stranger = await ran("hello", { session, ...other } as More);
      expect(await filesOf(stranger, "tenant" in other ? other.tenant : TENANT)).toEqual({});
    });
  }

  it("are replayed with the files that they began with, whatever the session became", async () => {
    const session = newKey();
    await ran(write("/workspace/a", "then"), { session });
    const middle = await ran(`@say first\n${write("/workspace/b", "1")}`, { session });
    await ran(write("/workspace/a", "now"), { session });
    const { body } = await answerOf(ask(`/api/v1/tasks/${middle}/replay`, { key: newKey(), body: { from_step: 0 } }));
    await finished(String(body.task_id));
    expect(await filesOf(String(body.task_id))).toEqual({ "/workspace/a": "then", "/workspace/b": "1" });
  });
});
