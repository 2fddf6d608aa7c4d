/** The command line as scripts meet it: standard output, exit codes and what is sent, each through the real program. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  documentOf,
  frame,
  json,
  linesOf,
  problem,
  type Ran,
  reset,
  runBin,
  startBin,
  startServer,
  stream,
  type TestServer,
} from "./run-bin.ts";

const ID = "0d5c1f2e-8a44-8b1c-9d3e-1a2b3c4d5e6f";
const task = (state: string, more: object = {}) => ({
  task_id: ID,
  state,
  pack_id: "hello",
  pack_version: "1.0.0",
  input: "Hi",
  output: "Hello there",
  error: null,
  steps_taken: 2,
  usage: { input_tokens: 10, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 5 },
  cost_usd: "0.01",
  created_at: "2026-01-01T00:00:00.000Z",
  finished_at: "2026-01-01T00:00:03.000Z",
  ...more,
});
const accepted = { task_id: ID, status: "queued", pack_id: "hello" };
const WHOLE = [
  frame(1, "task.queued"),
  ": heartbeat\n\n",
  frame(2, "task.started"),
  frame(3, "task.done", { output: "x" }),
];

const servers: TestServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});
async function serve(...args: Parameters<typeof startServer>): Promise<TestServer> {
  const server = await startServer(...args);
  servers.push(server);
  return server;
}

describe("--json", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await serve({
      "POST /api/v1/agents/hello/run": json(202, accepted),
      "GET /api/v1/tasks": json(200, { items: [task("done")], next_cursor: null }),
      [`GET /api/v1/tasks/${ID}`]: json(200, task("done")),
      [`POST /api/v1/tasks/${ID}/cancel`]: json(202, { task_id: ID, state: "cancelled" }),
      [`POST /api/v1/tasks/${ID}/replay`]: json(202, { ...accepted, replay_of: ID }),
      [`GET /api/v1/tasks/${ID}/events`]: stream(WHOLE, "end"),
    });
  });

  const documents: readonly (readonly [words: readonly string[], holds: object])[] = [
    [["run", "hello", "Hi"], accepted],
    [["tasks", "ls"], { items: [task("done")], next_cursor: null }],
    [["tasks", "get", ID], task("done")],
    [["tasks", "cancel", ID], { state: "cancelled" }],
    [["tasks", "replay", ID, "--from-step", "1"], { replay_of: ID }],
  ];
  for (const [words, holds] of documents) {
    it(`prints one document on standard output: ${words.slice(0, 2).join(" ")}`, async () => {
      const ran = await runBin([...words, "--json"], { url: server.url });
      expect(ran.code).toBe(0);
      expect(ran.stdout.trimEnd()).not.toContain("\n");
      expect(documentOf(ran)).toMatchObject(holds);
    });
  }

  for (const words of [
    ["run", "hello", "Hi", "--watch"],
    ["tasks", "watch", ID],
    ["tasks", "replay", ID, "--watch"],
  ]) {
    it(`prints one event a line: ${words.join(" ").replace(ID, "<task>")}`, async () => {
      const ran = await runBin([...words, "--json"], { url: server.url });
      expect(ran.code).toBe(0);
      expect(linesOf(ran).map((event) => [event.seq, event.type])).toEqual([
        [1, "task.queued"],
        [2, "task.started"],
        [3, "task.done"],
      ]);
    });
  }

  const failures: readonly (readonly [name: string, words: readonly string[], code: string])[] = [
    ["an unknown task", ["tasks", "get", "nope"], "NOT_FOUND"],
    ["an unknown command", ["taks", "ls"], "USAGE"],
    ["a missing argument", ["run", "hello"], "USAGE"],
    ["a group without its command", ["tasks"], "USAGE"],
    ["a folder without a pack", ["pack", "validate", "no-such-folder"], "PACK_NOT_READABLE"],
  ];
  for (const [name, words, code] of failures) {
    it(`says what failed in one document and exits not 0: ${name}`, async () => {
      const ran = await runBin([...words, "--json"], { url: server.url });
      expect(ran.code).not.toBe(0);
      expect(documentOf(ran)).toMatchObject({ ok: false, error: { code } });
      expect(Object.keys(Object(documentOf(ran).error))).toEqual(["code", "message", "hint", "docs", "trace_id"]);
    });
  }
});

describe("exit codes", () => {
  const run = (answer: Parameters<typeof startServer>[0][string]) => ({ "POST /api/v1/agents/hello/run": answer });
  const ended = (type: string, state: string) => ({
    ...run(json(202, accepted)),
    [`GET /api/v1/tasks/${ID}/events`]: stream([frame(1, "task.queued"), frame(2, type)], "end"),
    [`GET /api/v1/tasks/${ID}`]: json(200, task(state)),
  });
  const WATCH = ["run", "hello", "Hi", "--watch"];
  const rows: readonly (readonly [number, string, Parameters<typeof startServer>[0], readonly string[]])[] = [
    [0, "accepted", run(json(202, accepted)), ["run", "hello", "Hi"]],
    [0, "done", ended("task.done", "done"), WATCH],
    [1, "pack unknown", run(problem(404, "PACK_NOT_FOUND")), ["run", "hello", "Hi"]],
    [1, "an answer that is no JSON", run((response) => void response.end("<html>")), ["run", "hello", "Hi"]],
    [2, "unknown option", {}, ["run", "hello", "Hi", "--wtach"]],
    [2, "malformed tenant", {}, ["tasks", "ls", "--tenant", "a/b"]],
    [2, "malformed limit", {}, ["tasks", "ls", "--limit", "0"]],
    [3, "approval expired", run(problem(409, "APPROVAL_EXPIRED")), ["run", "hello", "Hi"]],
    [4, "no credential", run(problem(401, "UNAUTHENTICATED")), ["run", "hello", "Hi"]],
    [4, "another tenant's credential", run(problem(403, "TENANT_MISMATCH")), ["run", "hello", "Hi"]],
    [5, "failed", ended("task.failed", "failed"), WATCH],
    [5, "cancelled", ended("task.cancelled", "cancelled"), WATCH],
    [5, "buried", ended("task.dead_letter", "dead_letter"), WATCH],
    [6, "waiting for a person", ended("task.waiting", "waiting"), WATCH],
    [7, "rate limited for long", run(problem(429, "RATE_LIMITED", { "retry-after": "3600" })), ["run", "hello", "Hi"]],
    [8, "running, asked with --exit-status", ended("task.started", "running"), ["tasks", "get", ID, "--exit-status"]],
  ];
  for (const [code, name, routes, words] of rows) {
    it(`${code}: ${name}`, async () => {
      const server = await serve(routes);
      expect((await runBin(words, { url: server.url })).code).toBe(code);
    });
  }

  it("1: no server, and the hint says how to start one", async () => {
    const server = await startServer({});
    await server.close();
    const ran = await runBin(["tasks", "ls"], { url: server.url });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("npm start");
  });

  it("8: --timeout ends the watch of a running task and says how to take it up", async () => {
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: stream([frame(1, "task.queued"), frame(2, "task.started")], "open"),
    });
    const ran = await runBin(["tasks", "watch", ID, "--json", "--timeout", "500ms"], { url: server.url });
    expect(ran.code).toBe(8);
    expect(ran.stderr).toContain(`vasini tasks watch ${ID}`);
  });

  it("130: Ctrl-C says how to take the watch up again, in JSON too", async () => {
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: stream([frame(1, "task.queued"), frame(2, "task.started")], "open"),
    });
    const running = startBin(["tasks", "watch", ID, "--json"], { url: server.url });
    await running.printed('"seq":2');
    running.child.kill("SIGINT");
    const ran = await running.ended;
    expect(ran.code).toBe(130);
    expect(linesOf(ran).at(-1)).toMatchObject({
      ok: false,
      error: { code: "INTERRUPTED", hint: expect.stringContaining(`vasini tasks watch ${ID} --after 2`) },
    });
  });
});

describe("a watch", () => {
  it("takes a broken stream up after the last whole event, so each comes once", async () => {
    const half = frame(4, "text.delta", { text: "lost half way" }).slice(0, 30);
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: (response, asked, nth) => {
        if (nth === 1) {
          const first = [frame(1, "task.queued"), frame(2, "task.started"), frame(3, "step.started"), half];
          stream(first, "break")(response, asked, nth);
        } else if (nth === 2) problem(503, "UNAVAILABLE")(response, asked, nth);
        else if (nth === 3) reset(response, asked, nth);
        else
          stream([frame(3, "step.started"), frame(4, "text.delta"), frame(5, "task.done")], "end")(
            response,
            asked,
            nth,
          );
      },
    });
    const ran = await runBin(["tasks", "watch", ID, "--json"], { url: server.url });
    expect(ran.code).toBe(0);
    expect(linesOf(ran).map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(server.asked.map((asked) => asked.headers["last-event-id"])).toEqual([undefined, "3", "3", "3"]);
    expect(ran.stderr).toContain("reconnecting");
  });

  it("that begins after the end of its task ends at once, with the code of that end", async () => {
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: stream([], "end"),
      [`GET /api/v1/tasks/${ID}`]: json(200, task("failed")),
    });
    const ran = await runBin(["tasks", "watch", ID, "--after", "7", "--json"], { url: server.url });
    expect(ran.code).toBe(5);
    expect(server.asked.filter(({ path }) => path.includes("/events"))).toHaveLength(1);
  });

  it("reads on after task.failed, for task.dead_letter may follow", async () => {
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: stream([frame(1, "task.failed"), frame(2, "task.dead_letter")], "end"),
    });
    const ran = await runBin(["tasks", "watch", ID, "--json"], { url: server.url });
    expect(linesOf(ran).map((event) => event.type)).toEqual(["task.failed", "task.dead_letter"]);
    expect(ran.code).toBe(5);
  });

  it("goes on through a wait for a task that has the work, also when the server ends the stream meanwhile", async () => {
    const away = frame(1, "task.waiting", { reason: "handoff", approval_ids: [], child_task_ids: ["child"] });
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: (response, asked, nth) =>
        stream(nth === 1 ? [away] : [frame(2, "task.resumed"), frame(3, "task.done")], "end")(response, asked, nth),
      [`GET /api/v1/tasks/${ID}`]: json(200, task("waiting")),
    });
    const ran = await runBin(["tasks", "watch", ID, "--json"], { url: server.url });
    expect(linesOf(ran)).toHaveLength(3);
    expect(ran.stderr).toBe("");
    expect(ran.code).toBe(0);
  });

  it("does not stop at a wait that is over", async () => {
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: stream(
        [frame(1, "task.waiting"), frame(2, "task.resumed"), frame(3, "task.done")],
        "end",
      ),
      [`GET /api/v1/tasks/${ID}`]: json(200, task("done")),
    });
    const ran = await runBin(["tasks", "watch", ID, "--json"], { url: server.url });
    expect(linesOf(ran)).toHaveLength(3);
    expect(ran.code).toBe(0);
  });

  it("fails at once when the task is unknown", async () => {
    const server = await serve({ [`GET /api/v1/tasks/${ID}/events`]: problem(404, "TASK_NOT_FOUND") });
    const ran = await runBin(["tasks", "watch", ID, "--json"], { url: server.url });
    expect(documentOf(ran)).toMatchObject({ ok: false, error: { code: "TASK_NOT_FOUND", trace_id: "trace-1" } });
    expect(server.asked).toHaveLength(1);
  });

  it("prints the bare answer into a pipe and everything else beside it", async () => {
    const server = await serve({
      "POST /api/v1/agents/hello/run": json(202, accepted),
      [`GET /api/v1/tasks/${ID}/events`]: stream(
        [frame(1, "tool.call", { tool_id: "t", arguments: { a: "\u001b[2J" } }), frame(2, "task.done")],
        "end",
      ),
      [`GET /api/v1/tasks/${ID}`]: json(200, task("done")),
    });
    const ran = await runBin(["run", "hello", "Hi", "--watch"], { url: server.url });
    expect(ran.stdout).toBe("Hello there\n");
    expect(ran.stderr).toContain("done · 3.0 s · 2 steps · 15 tokens · $0.01");
    expect(ran.stderr).not.toContain("\u001b");
  });

  it("says which tools of remote servers are missing", async () => {
    const error = { code: "TOOL_FAILED", message: "wiki.example.com could not be reached" };
    const listed = [
      { server_id: "docs", tools: ["search"], left_out: [] },
      { server_id: "notes", tools: [], left_out: [{ name: "write", reason: "its description is no text" }] },
      { server_id: "wiki", tools: [], left_out: [], error },
    ];
    const frames = listed.map((data, n) => frame(n + 1, "mcp.listed", data));
    const server = await serve({
      [`GET /api/v1/tasks/${ID}/events`]: stream([...frames, frame(4, "task.done")], "end"),
      [`GET /api/v1/tasks/${ID}`]: json(200, task("done")),
    });
    const ran = await runBin(["tasks", "watch", ID], { url: server.url });
    expect(ran.stderr).toContain(
      "Not offered by notes: write\nNo tools of wiki: wiki.example.com could not be reached\n",
    );
    expect(ran.stderr).not.toContain("docs");
  });
});

describe("requests", () => {
  it("repeat a run that got no answer under the same key", async () => {
    const server = await serve({
      "POST /api/v1/agents/hello/run": (response, asked, nth) =>
        [reset, problem(503, "UNAVAILABLE", { "retry-after": "0" }), json(202, accepted)][nth - 1]?.(
          response,
          asked,
          nth,
        ),
    });
    const ran = await runBin(["run", "hello", "Hi", "--json"], { url: server.url });
    expect(documentOf(ran)).toEqual(accepted);
    const keys = server.asked.map((asked) => asked.headers["x-idempotency-key"]);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it("carry what the flags say", async () => {
    const server = await serve({ "POST /api/v1/agents/hello/run": json(202, accepted) });
    const flags = ["--key", "k1", "--session", "s1", "--version", "1.2.0", "--tier", "tier-3", "--tenant", "acme"];
    await runBin(["run", "hello", "-", ...flags], {
      url: server.url,
      stdin: "from a file\n",
      environment: { VASINI_API_KEY: "secret" },
    });
    expect(server.asked[0]).toMatchObject({
      headers: { authorization: "Bearer secret", "x-tenant-id": "acme", "x-idempotency-key": "k1" },
      body: { input: "from a file\n", session_id: "s1", version: "1.2.0", tier: "tier-3" },
    });
  });

  const tenants: readonly (readonly [string, Record<string, string>, string | undefined])[] = [
    ["name the tenant `local` without a key", {}, "local"],
    ["name no tenant with a key: the credential decides", { VASINI_API_KEY: "k" }, undefined],
    ["name VASINI_TENANT when it is set", { VASINI_API_KEY: "k", VASINI_TENANT: "acme" }, "acme"],
  ];
  for (const [name, environment, tenant] of tenants) {
    it(name, async () => {
      const server = await serve({ "GET /api/v1/tasks": json(200, { items: [], next_cursor: null }) });
      await runBin(["tasks", "ls"], { url: server.url, environment });
      expect(server.asked[0]?.headers["x-tenant-id"]).toBe(tenant);
    });
  }

  it("do not follow a redirect with the credential", async () => {
    const other = await serve({});
    const server = await serve({
      "GET /api/v1/tasks": (response) => void response.writeHead(302, { location: other.url }).end(),
    });
    const ran = await runBin(["tasks", "ls"], { url: server.url, environment: { VASINI_API_KEY: "k" } });
    expect(ran.code).toBe(1);
    expect(other.asked).toEqual([]);
  });
});

describe("the flags of every command", () => {
  const places = [
    ["before the command", ["--json", "--url", "URL", "--tenant", "acme", "tasks", "ls"]],
    ["between the group and the command", ["tasks", "--json", "--url", "URL", "--tenant", "acme", "ls"]],
    ["after it", ["tasks", "ls", "--json", "--url", "URL", "--tenant", "acme"]],
    ["in all of these places", ["--json", "tasks", "--tenant", "other", "ls", "--tenant", "acme", "--url", "URL"]],
  ] as const;
  for (const [place, words] of places) {
    it(`may stand ${place}`, async () => {
      const server = await serve({ "GET /api/v1/tasks": json(200, { items: [], next_cursor: null }) });
      const ran = await runBin(words.map((word) => (word === "URL" ? server.url : word)));
      expect(documentOf(ran)).toEqual({ items: [], next_cursor: null });
      expect(server.asked.map(({ headers }) => headers["x-tenant-id"])).toEqual(["acme"]);
    });
  }

  it("leave an unknown flag a usage error", async () => {
    const ran = await runBin(["--jsn", "tasks", "ls"]);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("--jsn");
  });

  it("need a command all the same", async () => {
    const ran = await runBin(["--json"]);
    expect(ran.code).toBe(2);
    expect(documentOf(ran)).toMatchObject({ ok: false, error: { code: "USAGE" } });
  });
});

const commandsOf = (ran: Ran): string[] =>
  [...(ran.stdout.split("Commands:")[1]?.matchAll(/^ {2}(\w+)/gm) ?? [])].map((match) => match[1] ?? "");

describe("help", () => {
  for (const words of [
    ["--help"],
    ["run", "--help"],
    ["tasks", "watch", "--help"],
    ["pack", "validate", "--help"],
    ["doctor", "--help"],
  ]) {
    it(`leads with an example: ${words.join(" ")}`, async () => {
      const ran = await runBin(words);
      expect(ran.code).toBe(0);
      expect(ran.stdout).toMatch(/^Examples:\n {2}\$ vasini /);
    });
  }

  it("and docs/cli.md know the same commands", async () => {
    const page = await readFile(join(import.meta.dirname, "../../docs/cli.md"), "utf8");
    const documented = [...page.matchAll(/^\| `vasini ([a-z ]+?)(?: [<[].*)?` \|/gm)].map((match) => match[1]);
    const all = await Promise.all(
      commandsOf(await runBin(["--help"])).map(async (name) => {
        const below = commandsOf(await runBin([name, "--help"]));
        return below.length === 0 ? [name] : below.map((one) => `${name} ${one}`);
      }),
    );
    expect(documented.sort()).toEqual(all.flat().sort());
  });

  it("suggests the command that was meant", async () => {
    const ran = await runBin(["tasks", "wach"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("watch");
  });

  it("offers no command that does nothing yet", async () => {
    const ran = await runBin(["--help"]);
    expect(commandsOf(ran)).toEqual([
      "run",
      "tasks",
      "approvals",
      "pack",
      "keys",
      "webhooks",
      "secrets",
      "guard",
      "audit",
      "policy",
      "dlq",
      "doctor",
    ]);
  });
});
