/** `vasini approvals` as people and scripts meet it: what is shown, what is sent, and the exit codes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJson, sha256Hex } from "../../src/platform/index.ts";
import {
  type Answer,
  documentOf,
  frame,
  json,
  problem,
  runBin,
  startServer,
  stream,
  type TestServer,
} from "./run-bin.ts";

const TASK = "0d5c1f2e-8a44-8b1c-9d3e-1a2b3c4d5e6f";
const ID = `${TASK}.1`;
/** With what a terminal would not show. */
const ARGUMENTS = {
  path: "/workspace/invoice\u202efdp.exe",
  b: [1, { z: null, a: "zero\u200bwidth" }],
  a: "x".repeat(3_000),
};
const item = {
  approval_id: ID,
  kind: "approval",
  state: "pending",
  task_id: TASK,
  call_id: "0.0",
  tool_id: "file_manager",
  tool_name: "File Manager",
  arguments: ARGUMENTS,
  args_hash: await sha256Hex(canonicalJson(ARGUMENTS)),
  reason: "The pack asks for a person before each call of file_manager.",
  risk_level: "low",
  pack_id: "hello",
  pack_version: "1.0.0",
  pack_digest: "0".repeat(64),
  requested_by: "key:one",
  requested_at: "2026-01-01T00:00:00.000Z",
  expires_at: "2026-01-02T00:00:00.000Z",
  decision: null,
  decided_by: null,
  decided_at: null,
  decision_reason: null,
  used_at: null,
};
const approved = { ...item, state: "decided", decision: "approve", decided_by: "key:two" };

/** An approval under a name of its own, and what deciding it answers. */
const served = (name: string, approval: object, decision: Answer): Record<string, Answer> => ({
  [`GET /api/v1/approvals/${name}`]: json(200, approval),
  [`POST /api/v1/approvals/${name}/decision`]: decision,
});

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    "GET /api/v1/approvals": json(200, { items: [item], next_cursor: "more" }),
    ...served(ID, item, json(200, approved)),
    ...served("expired", { ...item, state: "expired" }, problem(409, "APPROVAL_EXPIRED")),
    ...served("decided", { ...item, state: "decided", decision: "reject" }, problem(409, "APPROVAL_ALREADY_DECIDED")),
    ...served("own", item, problem(409, "APPROVAL_SELF")),
    ...served("doubt", { ...item, kind: "unknown_outcome" }, json(200, { ...item, decision: "happened" })),
    "POST /api/v1/agents/hello/run": json(202, { task_id: TASK, status: "queued", pack_id: "hello" }),
    [`GET /api/v1/tasks/${TASK}/events`]: stream(
      [
        frame(1, "task.queued"),
        frame(2, "approval.requested", { approval_id: ID, tool_id: "file_manager", arguments: { path: "/a" } }),
        frame(3, "task.waiting", { reason: "approval", approval_ids: [ID] }),
      ],
      "end",
    ),
    [`GET /api/v1/tasks/${TASK}`]: json(200, { task_id: TASK, state: "waiting", output: null }),
  });
});
afterAll(() => server.close());

const run = (...words: string[]) => runBin(["approvals", ...words], { url: server.url });
const lastAsked = () => server.asked.at(-1);

describe("approvals ls", () => {
  it("prints what is pending, and how to see one", async () => {
    const ran = await run("ls");
    expect(ran.stdout).toContain(ID);
    expect(ran.stderr).toContain("vasini approvals show");
    expect(ran.stderr).toContain("--cursor more");
    expect(lastAsked()?.path).toBe("/api/v1/approvals");
  });

  it("asks for what its flags say, and prints one document with --json", async () => {
    const ran = await run("ls", "--state", "all", "--limit", "5", "--cursor", "c", "--json");
    expect(documentOf(ran)).toEqual({ items: [item], next_cursor: "more" });
    expect(lastAsked()?.path).toBe("/api/v1/approvals?state=all&limit=5&cursor=c");
  });
});

describe("approvals show", () => {
  it("prints the whole arguments in canonical order, with nothing hidden and nothing cut", async () => {
    const { code, stdout, stderr } = await run("show", ID);
    expect(code).toBe(0);
    const shown = stdout.slice(stdout.indexOf("arguments\n") + "arguments\n".length);
    expect(JSON.parse(shown)).toEqual(ARGUMENTS);
    expect(shown.indexOf('"a"')).toBeLessThan(shown.indexOf('"b"'));
    expect(shown).toContain("\\u202e");
    expect(shown).toContain("\\u200b");
    expect(stdout).not.toMatch(/\p{Cf}/u);
    expect(stderr).toContain(`vasini approvals approve ${ID}`);
  });

  const STATUS = [
    [6, ID],
    [3, "expired"],
    [3, "decided"],
  ] as const;
  for (const [code, name] of STATUS) {
    it(`exits ${code} with --exit-status: ${name.replace(ID, "pending")}`, async () => {
      expect((await run("show", name, "--exit-status")).code).toBe(code);
    });
  }

  it("exits 1 for what is not there", async () => {
    const ran = await run("show", "nope", "--json");
    expect(ran.code).toBe(1);
    expect(documentOf(ran)).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
  });
});

describe("a decision", () => {
  for (const decision of ["approve", "reject"]) {
    it(`to ${decision} shows the call first, and sends the hash of what it showed`, async () => {
      const ran = await run(decision, ID, "--reason", "seen", "--json");
      expect(ran.code).toBe(0);
      expect(documentOf(ran)).toEqual(approved);
      expect(ran.stderr).toContain("x".repeat(3_000));
      expect(ran.stderr).toContain("\\u202e");
      expect(lastAsked()?.body).toEqual({ decision, args_hash: item.args_hash, reason: "seen" });
    });
  }

  it("names the next command", async () => {
    const ran = await run("approve", ID);
    expect(ran.stdout).toBe("approve\n");
    expect(ran.stderr).toContain(`vasini tasks watch ${TASK}`);
  });

  it("that comes too late exits 3", async () => {
    expect((await run("approve", "expired")).code).toBe(3);
  });

  it("that is refused exits 1 and says what to do", async () => {
    const ran = await run("approve", "own");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("Somebody else has to decide");
    expect((await run("reject", "decided")).code).toBe(1);
  });

  it("is sent once: a repetition would meet the first", async () => {
    const cut = await startServer(served("cut", item, (response) => void response.destroy()));
    const ran = await runBin(["approvals", "approve", "cut"], { url: cut.url });
    await cut.close();
    expect(ran.code).toBe(1);
    expect(cut.asked.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});

describe("approvals resolve", () => {
  it("says what happened, with what is known of it", async () => {
    expect((await run("resolve", "doubt", "--as", "happened", "--result", '{"id":7}')).code).toBe(0);
    expect(lastAsked()?.body).toEqual({ decision: "happened", args_hash: item.args_hash, result: { id: 7 } });
  });

  it("has the call made again", async () => {
    await run("resolve", "doubt", "--as", "retry");
    expect(lastAsked()?.body).toEqual({ decision: "retry", args_hash: item.args_hash });
  });

  const WRONG = [
    ["another word", ["--as", "maybe"]],
    ["a result that is no JSON", ["--as", "happened", "--result", "{"]],
    ["a result of what did not happen", ["--as", "did_not_happen", "--result", "1"]],
    ["nothing at all", []],
  ] as const;
  for (const [name, words] of WRONG) {
    it(`exits 2 for ${name}, and asks nothing`, async () => {
      const before = server.asked.length;
      expect((await run("resolve", "doubt", ...words)).code).toBe(2);
      expect(server.asked).toHaveLength(before);
    });
  }
});

describe("a watched run that waits", () => {
  it("exits 6 and says what to type next", async () => {
    const ran = await runBin(["run", "hello", "Hi", "--watch"], { url: server.url });
    expect(ran.code).toBe(6);
    expect(ran.stderr).toContain(`vasini approvals show ${ID}`);
    expect(ran.stderr).toContain(`vasini tasks watch ${TASK}`);
  });

  it("keeps standard output to its events with --json", async () => {
    const ran = await runBin(["run", "hello", "Hi", "--watch", "--json"], { url: server.url });
    expect(ran.code).toBe(6);
    expect(ran.stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(ran.stderr).toContain(`vasini approvals show ${ID}`);
  });
});
