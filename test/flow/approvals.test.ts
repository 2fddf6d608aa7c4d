/** A stranger's way through an approval: a run that waits, a kill of everything, a look at what is asked, and a yes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, runBin } from "../cli/run-bin.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const dataDir = newDataDir();
let port: number;
let server: Server;

beforeAll(async () => {
  port = await freePort();
  server = await startServer({ dataDir, port });
});
afterAll(async () => {
  await server?.kill();
  dropDataDir(dataDir);
});

const vasini = (...words: string[]) => runBin(words, { url: server.url });
const REPORT = { action: "write", path: "/workspace/reports/1.md", content: "# Cannot log in" };

describe("a run of a pack whose tool needs a person", () => {
  it("waits, survives a kill -9 of everything, and makes the call once it is approved", async () => {
    const input = `@tool file_manager ${JSON.stringify(REPORT)}`;
    const run = await vasini("run", "support-agent", input, "--watch");
    expect([run.code, run.stderr]).toEqual([6, expect.stringContaining("vasini approvals show")]);
    const id = /vasini approvals show (\S+)/.exec(run.stderr)?.[1] ?? "";
    const taskId = id.replace(/\.1$/, "");

    await server.kill();
    server = await startServer({ dataDir, port });

    // The kill may have come before the list was told; the task tells it again by itself.
    let list = documentOf(await vasini("approvals", "ls", "--json"));
    while (JSON.stringify(list.items) === "[]") list = documentOf(await vasini("approvals", "ls", "--json"));
    expect(list).toMatchObject({ items: [{ approval_id: id, state: "pending", arguments: REPORT }] });
    const shown = await vasini("approvals", "show", id);
    expect(shown.stdout).toContain("# Cannot log in");
    expect((await vasini("approvals", "approve", id)).code).toBe(0);
    const watched = await vasini("tasks", "watch", taskId, "--json");
    expect(watched.code).toBe(0);
    const types = watched.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(types.filter((type) => type === "tool.result")).toHaveLength(1);
    expect(types.at(-1)).toBe("task.done");
    // Again: what was used cannot be used, and what was decided stands.
    expect(documentOf(await vasini("approvals", "approve", id, "--json"))).toMatchObject({
      ok: false,
      error: { code: "APPROVAL_USED" },
    });
  });
});
