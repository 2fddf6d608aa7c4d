/** The host's side of a call, with the other side played here: what each end of a runner means to the task. */
import { describe, expect, it, vi } from "vitest";
import { type Clock, createLog } from "../../src/platform/index.ts";
import { isInDoubt } from "../../src/tool/doubt.ts";
import {
  collectTools,
  compileCatalog,
  createToolHost,
  type EgressRecord,
  type RunnerAnswer,
  type RunnerCall,
  type RunnerStub,
  type ToolRunnerProps,
} from "../../src/tool/index.ts";
import { composeConfig, SCOPED, tool, tools } from "./samples.ts";

const REQUEST = {
  tenant: "tenant-123",
  taskId: "task-1",
  toolId: "code_executor",
  arguments: { language: "javascript", code: "1" },
  key: "key-1",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

const FILES = [
  { path: "/workspace/a", text: "a" },
  { path: "/data/b", text: "b" },
];

type Seen = { reads: number; call?: RunnerCall; props?: ToolRunnerProps; over?: Promise<void> };

async function hostWith(answer: () => Promise<RunnerAnswer>, sandbox = SCOPED, entry: object = {}) {
  const composed = await composeConfig(tools([tool("code_executor", sandbox)]));
  const available = composed.tools.available.map((definition) => ({ ...definition, ...entry }));
  const config = { ...composed, tools: { ...composed.tools, available } };
  const seen: Seen = { reads: 0 };
  const lines: string[] = [];
  let now = 1_000;
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const stub: RunnerStub = {
    run: async (call, cancelled) => {
      Object.assign(seen, { call, over: cancelled() });
      now += 250;
      return answer();
    },
  };
  const had = collectTools(config);
  const host = createToolHost({
    tools: had,
    catalog: compileCatalog(had),
    runnerFor: (props) => {
      seen.props = props;
      return stub;
    },
    clock,
    log: createLog({}, (_, line) => void lines.push(line)),
  });
  const files = () => {
    seen.reads += 1;
    return FILES;
  };
  const execute = (signal = new AbortController().signal) => host.execute({ ...REQUEST, files }, signal);
  return { execute, seen, lines };
}
const answering = (answer: RunnerAnswer) => async () => answer;
const failure = '{"ok":false,"error":{"code":"TOOL_FAILED","message":"the card was declined"}}';
const GOOD = answering({ kind: "answer", json: '{"ok":true,"result":1,"changes":[]}' });

describe("the end of a runner", () => {
  const doubt = { isInDoubt: true };
  const late = '{"ok":false,"error":{"code":"TOOL_TIMEOUT","message":"it took too long"}}';
  const success = (result: unknown, changes: readonly object[] = []): RunnerAnswer => ({
    kind: "answer",
    json: JSON.stringify({ ok: true, result, changes }),
  });
  for (const [name, answer, code, message, more] of [
    ["timeout", answering({ kind: "timeout" }), "TOOL_TIMEOUT", /stopped after its timeout of 30000 ms/, doubt],
    ["too_large", answering({ kind: "too_large" }), "TOOL_LIMIT", /too large/, doubt],
    ["failed", answering({ kind: "failed" }), "TOOL_FAILED", /isolate of code_executor failed/, doubt],
    ["cancelled", answering({ kind: "cancelled" }), "TOOL_FAILED", /cancelled/, {}],
    ["unavailable", answering({ kind: "unavailable", message: "lost" }), "TOOL_FAILED", /could not be started/, {}],
    ["rejection", () => Promise.reject(new Error("lost")), "TOOL_FAILED", /broke off/, doubt],
    ["a word of lateness", answering({ kind: "answer", json: late }), "TOOL_TIMEOUT", /too long/, doubt],
    ["nonsense", answering({ kind: "answer", json: "ATTACK" }), "TOOL_FAILED", /not a JSON object/, doubt],
    ["a success that is too large", answering(success("x".repeat(300_000))), "TOOL_LIMIT", /bytes of JSON/, doubt],
    ["a success with what is no change", answering(success(1, [{}])), "PATH_DENIED", /path/, doubt],
    ["a failure in its own words", answering({ kind: "answer", json: failure }), "TOOL_FAILED", /declined/, {}],
  ] as const) {
    it(`by ${name} is ${code}, timed by the host, and quotes nothing`, async () => {
      const { execute } = await hostWith(answer);
      expect(await execute()).toEqual({
        success: false,
        resultJson: "null",
        error: { code, message: expect.stringMatching(message) },
        durationMs: 250,
        changes: [],
        ...more,
      });
    });

    it(`by ${name} settles the call back, without which the isolate would live on`, async () => {
      const { execute, seen } = await hostWith(answer);
      await execute();
      expect(await seen.over?.then(() => "settled")).toBe("settled");
    });
  }

  it("by an engine that is not there is an error in the log, with its reason", async () => {
    const { execute, lines } = await hostWith(answering({ kind: "unavailable", message: "asset answered 404" }));
    await execute();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", event: "tool.unavailable", reason: "asset answered 404" },
      { level: "info", event: "tool.failed", error_code: "TOOL_FAILED" },
    ]);
  });

  it("by a good answer of a pack's own tool has its console, and the answer is parsed once", async () => {
    const json = '{"ok":true,"result":1,"changes":[],"console":"hello\\n"}';
    const { execute } = await hostWith(answering({ kind: "answer", json }), SCOPED, { bundle: "ab" });
    const parse = vi.spyOn(JSON, "parse");
    expect(await execute()).toMatchObject({ success: true, resultJson: "1", console: "hello\n" });
    const times = parse.mock.calls.filter(([text]) => text === json).length;
    parse.mockRestore();
    expect(times).toBe(1);
  });

  it("is not begun for a task that is cancelled while the call is made ready", async () => {
    const { execute, seen } = await hostWith(GOOD);
    const ready = Promise.withResolvers<void>();
    const { digest } = crypto.subtle;
    const digests = vi.spyOn(crypto.subtle, "digest").mockImplementation(async (...given) => {
      await ready.promise;
      return digest.apply(crypto.subtle, given);
    });
    const aborter = new AbortController();
    const call = execute(aborter.signal).catch((reason: unknown) => reason);
    await vi.waitUntil(() => digests.mock.calls.length > 0);
    await new Promise((resolve) => setImmediate(resolve)); // past the gate, to where it waits for the digest
    aborter.abort("stop");
    ready.resolve();
    expect(await call).toBe("stop");
    digests.mockRestore();
    expect(seen.call).toBeUndefined();
  });

  it("is settled too after a good answer, and after an abort", async () => {
    const good = await hostWith(GOOD);
    await good.execute();
    const aborter = new AbortController();
    const hanging = await hostWith(() => new Promise(() => undefined));
    const call = hanging.execute(aborter.signal).catch((reason: unknown) => reason);
    aborter.abort("stop");
    expect(await call).toBe("stop");
    await Promise.all([good.seen.over, hanging.seen.over]);
  });
});

describe("a failure that a tool tells of itself", () => {
  const asked = (method: string, more: Partial<EgressRecord> = {}): EgressRecord => ({
    ...{ host: "api.example.com", method, allowed: true, sent_bytes: 2, received_bytes: 0 },
    ...more,
  });
  const doubtOf = async (egress: readonly EgressRecord[], json = failure): Promise<boolean> => {
    const { execute } = await hostWith(answering({ kind: "answer", json, egress }));
    const { success, isInDoubt = false } = await execute();
    expect(success).toBe(false);
    return isInDoubt;
  };

  for (const reason of ["unreachable", "timeout", "too_large", "interrupted"]) {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      it(`is in doubt after a ${method} that may have arrived: ${reason}`, async () => {
        expect(await doubtOf([asked("GET", { status: 200 }), asked(method, { reason })])).toBe(true);
      });
    }

    it(`is believed after a GET without an answer: ${reason}`, async () => {
      expect(await doubtOf(["GET", "HEAD", "OPTIONS"].map((method) => asked(method, { reason })))).toBe(false);
    });
  }

  for (const [name, record] of [
    ["that was answered", asked("POST", { status: 402 })],
    ["that was not let out", asked("POST", { allowed: false, reason: "not_listed" })],
    ["that was not sent, for want of its secrets", asked("POST", { reason: "secrets_unavailable" })],
  ] as const) {
    it(`is believed after a POST ${name}`, async () => expect(await doubtOf([record])).toBe(false));
  }

  const limited = '{"ok":false,"error":{"code":"TOOL_LIMIT","message":"out of memory"}}';
  const stopped = JSON.stringify({ ...JSON.parse(failure), wasStopped: true });
  for (const [name, record, expected] of [
    ["is in doubt after a POST that was answered", asked("POST", { status: 201 }), true],
    ["is in doubt after a POST that may have arrived", asked("POST", { reason: "timeout" }), true],
    ["is believed after a POST that was not let out", asked("POST", { allowed: false, reason: "not_listed" }), false],
    ["is believed after a POST that was not sent", asked("POST", { reason: "secrets_unavailable" }), false],
    ["is believed after a GET that was answered", asked("GET", { status: 200 }), false],
  ] as const) {
    it(`${name}, when its engine stopped it`, async () => expect(await doubtOf([record], stopped)).toBe(expected));
    it(`${name}, when it met a limit`, async () => expect(await doubtOf([record], limited)).toBe(expected));
  }
});

describe("a failure of a remote tool", () => {
  const [ended, lost] = [{ status: 200 }, { reason: "unreachable" }];
  for (const [name, requests, expected] of [
    ["is believed when no session came about", [["POST", lost]], false],
    [
      "is in doubt when the call got no answer",
      [
        ["POST", ended],
        ["POST", { status: 202 }],
        ["POST", lost],
      ],
      true,
    ],
    [
      "is in doubt when the rest of the answer did not come",
      [
        ["POST", ended],
        ["POST", ended],
        ["GET", lost],
      ],
      true,
    ],
    [
      "is believed when only the farewell was lost",
      [
        ["POST", ended],
        ["POST", ended],
        ["DELETE", lost],
      ],
      false,
    ],
  ] as const) {
    it(name, () => {
      const egress = requests.map(
        ([method, more]): EgressRecord => ({
          ...{ host: "docs.example.com", method, allowed: true, sent_bytes: 2, received_bytes: 0 },
          ...more,
        }),
      );
      const said = JSON.parse(failure);
      expect(isInDoubt({ engine: "mcp", said, code: "TOOL_FAILED", egress })).toBe(expected);
    });
  }
});

describe("what a runner is given", () => {
  it("is the tenant, the task, the tool, the visible files and limits a little wider than the worker's", async () => {
    const { execute, seen } = await hostWith(GOOD, `timeout: "2s", memory_limit: "16Mi", ${SCOPED}`);
    await execute();
    expect(seen.props).toEqual({ tenant: "tenant-123", taskId: "task-1", toolId: "code_executor" });
    expect(seen.call).toMatchObject({ engine: "code-executor", timeoutMs: 5_000, cpuMs: 2_000 });
    expect(JSON.parse(seen.call?.requestJson ?? "")).toEqual({
      arguments: REQUEST.arguments,
      files: [{ path: "/workspace/a", text: "a" }],
      access: "write",
      scopes: ["/workspace"],
      timeoutMs: 2_000,
      memoryBytes: 16 * 1024 * 1024,
      quota: { fileBytes: 8_388_608, totalBytes: 10_485_760, files: 2_000 },
      key: "key-1",
      traceparent: REQUEST.traceparent,
    });
  });

  for (const [sandbox, reads] of [
    [SCOPED, 1],
    ['filesystem: "read_only"', 1],
    ['filesystem: "none"', 0],
  ] as const) {
    it(`reads the workspace ${reads === 1 ? "once" : "not at all"} for ${sandbox}`, async () => {
      const { execute, seen } = await hostWith(GOOD, sandbox);
      expect(await execute()).toMatchObject({ success: true });
      expect(seen.reads).toBe(reads);
    });
  }

  it("is the same policy digest for the same policy and another for another", async () => {
    const digests = [];
    for (const sandbox of [SCOPED, SCOPED, 'filesystem: "none"']) {
      const { execute, seen } = await hostWith(GOOD, sandbox);
      await execute();
      digests.push(seen.call?.policyDigest);
    }
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });
});
