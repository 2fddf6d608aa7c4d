/** Remote tools in their real isolate against real MCP servers, through the gateway: what comes back, and what does not. */
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createLog, systemClock } from "../../src/platform/index.ts";
import {
  collectTools,
  compileCatalog,
  createToolHost,
  listRemoteTools,
  type RunnerStub,
  type ToolRunnerProps,
} from "../../src/tool/index.ts";
import { utf8Bytes } from "../../src/tool/workers/clip.ts";
import { READ_BYTES_MAX } from "../../src/tool/workers/limits.ts";
import { MCP_TOKEN } from "../case/outside/credentials.ts";
import { keepSecret, outside } from "./outside-host.ts";
import { composeConfig, tools } from "./samples.ts";

const runnerFor = (props: ToolRunnerProps): RunnerStub => Reflect.get(exports, "ToolRunner")({ props });
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const PLACE = { tenant: "tenant-123", taskId: "task-1", traceparent: TRACEPARENT };

const ALL = "echo, key, whoami, fail, big, structured, picture";

type Setup = {
  readonly wanted?: string;
  /** Of the server in the pack, for asking what it has and for calls. */
  readonly more?: string;
  /** For calls alone. */
  readonly ofCalls?: string;
  readonly tenant?: string;
  readonly origin?: string;
  readonly localOrigins?: readonly string[];
  readonly signal?: AbortSignal;
};

/** Both wait for what never comes; the patient one began first, has more time, and is given up at the end. */
async function endsFirst<T>(patient: (signal: AbortSignal) => Promise<unknown>, hasty: () => Promise<T>) {
  const over = new AbortController();
  const ended = patient(over.signal).then(
    () => "the patient one",
    () => "the patient one",
  );
  try {
    return await Promise.race([ended, hasty()]);
  } finally {
    over.abort();
    await ended;
  }
}

/** One task whose pack names one server of the outside. */
async function taskWith(path: string, setup: Setup = {}) {
  const { wanted = ALL, more = "", tenant = "tenant-123", origin = outside(), localOrigins = [outside()] } = setup;
  const configWith = (said: string) => {
    const server = `{ id: docs, url: "${origin}/mcp/${path}", tools: [${wanted}]${said === "" ? "" : `, ${said}`} }`;
    return composeConfig(tools([], `mcp_servers: [${server}]`));
  };
  const asking = await configWith(more);
  const config = setup.ofCalls === undefined ? asking : await configWith(setup.ofCalls);
  const lines: string[] = [];
  const log = createLog({}, (_, line) => void lines.push(line));
  const { signal = new AbortController().signal } = setup;
  const remote = await listRemoteTools({ config: asking, runnerFor, localOrigins, log }, { ...PLACE, tenant }, signal);
  const had = collectTools(config, undefined, remote);
  const catalog = compileCatalog(had);
  const host = createToolHost({ tools: had, catalog, runnerFor, localOrigins, clock: systemClock, log });
  const call = async (toolId: string, args: Readonly<Record<string, unknown>> = {}, until = signal) => {
    const request = { ...PLACE, tenant, toolId, arguments: args, key: "key-1", files: () => [] };
    const outcome = await host.execute(request, until);
    return { ...outcome, result: JSON.parse(outcome.resultJson) };
  };
  return { server: remote[0], catalog, call, lines, offered: catalog.offered.map(({ id }) => id) };
}

describe("a server's tools", () => {
  for (const path of ["docs", "json"]) {
    it(`are listed and called, answered ${path === "docs" ? "in streams and sessions" : "in JSON and without sessions"}`, async () => {
      const task = await taskWith(path);
      expect(task.offered).toEqual(ALL.split(", ").map((name) => `docs__${name}`));
      expect(task.catalog.offered[0]).toEqual({
        id: "docs__echo",
        description: "Of the remote server docs, in its own words: Says it again",
        parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
      });
      expect(await task.call("docs__echo", { text: "Grüße" })).toMatchObject({
        success: true,
        result: { text: "Grüße" },
        egress: expect.arrayContaining([expect.objectContaining({ host: "127.0.0.1", allowed: true, status: 200 })]),
      });
      expect((await task.call("docs__key")).result).toEqual({ text: "key-1" });
    });
  }

  it("that the pack does not name are not offered, and named ones that are not there are told", async () => {
    const task = await taskWith("docs", { wanted: "echo, nowhere" });
    expect(task.offered).toEqual(["docs__echo"]);
    expect(task.server?.leftOut).toEqual([{ name: "nowhere", reason: "the server does not have it" }]);
    expect(await task.call("docs__fail")).toMatchObject({ error: { code: "TOOL_UNKNOWN" } });
  });

  it("fail with the server's words", async () => {
    expect(await (await taskWith("docs")).call("docs__fail")).toMatchObject({
      success: false,
      error: { code: "TOOL_FAILED", message: "the disk is full" },
    });
  });

  it("are stopped after the time that the pack gives them", async () => {
    // Asked what it has with all the time there is: on a busy machine that alone may take longer than this call has.
    const task = await taskWith("docs", { wanted: "never", ofCalls: "timeout: 1s" });
    expect(task.offered).toEqual(["docs__never"]);
    const patient = await taskWith("docs", { wanted: "never" });
    const first = await endsFirst(
      (signal) => patient.call("docs__never", {}, signal),
      () => task.call("docs__never"),
    );
    expect(first).toMatchObject({ success: false, error: { code: "TOOL_TIMEOUT" } });
  });

  it("give structure once, and name what is no text without passing it on", async () => {
    const task = await taskWith("json");
    expect((await task.call("docs__structured")).result).toEqual({ structured: { rows: [1, 2] } });
    expect((await task.call("docs__picture")).result).toEqual({
      text: "a note",
      other: [
        { type: "image", mime_type: "image/png", bytes: 3 },
        { type: "resource_link", uri: "file:///etc/passwd", name: "passwd" },
      ],
    });
  });

  it("come through when they say as much of everything as they may: the call was made, so it must not fail", async () => {
    const { result, error } = await (await taskWith("full", { wanted: "all" })).call("docs__all");
    expect(error).toBeNull();
    expect([result.text.length, result.structured.rows[0].length]).toEqual([204_700, 32_000]);
    expect(result.other[0]).toMatchObject({ type: "resource_link", name: "item 0" });
    expect(result.other.length).toBeGreaterThan(20);
    expect(result.other.length + result.more).toBe(50);
  });

  it("are cut when they say too much, and refused when it is more than an answer may have", async () => {
    const task = await taskWith("json");
    const { result } = await task.call("docs__big", { n: 300_000 });
    expect(result).toMatchObject({ truncated: true });
    expect(utf8Bytes(JSON.stringify(result.text))).toBeLessThanOrEqual(READ_BYTES_MAX);
    expect(utf8Bytes(JSON.stringify(result.text))).toBeGreaterThan(READ_BYTES_MAX - 8);
    expect(await task.call("docs__big", { n: 9_000_000 })).toMatchObject({ error: { code: "TOOL_LIMIT" } });
  });
});

describe("a stream", () => {
  it("that stays open after the answer costs no time", async () => {
    const task = await taskWith("open", { wanted: "echo" });
    expect((await task.call("docs__echo")).result).toEqual({ text: "and the line stays open" });
  });

  it("that ends before the answer is taken up again where it ended", async () => {
    const task = await taskWith("polled", { wanted: "slow" });
    const { result, egress } = await task.call("docs__slow");
    expect(result).toEqual({ text: "came later" });
    expect(egress?.map(({ method }) => method)).toContain("GET");
  });
});

describe("a session that the server forgot", () => {
  it("is begun anew once", async () => {
    const task = await taskWith("forgetful");
    expect(task.offered).toContain("docs__echo");
    expect((await task.call("docs__echo", { text: "again" })).result).toEqual({ text: "again" });
  });

  it("is not begun a third time", async () => {
    const task = await taskWith("amnesiac");
    expect(task.server?.error).toMatchObject({ code: "TOOL_FAILED", message: expect.stringMatching(/forgot/) });
  });
});

describe("a server that cannot be used", () => {
  for (const [path, code, message] of [
    ["broken", "TOOL_FAILED", /status 500/],
    ["page", "TOOL_FAILED", /does not speak MCP/],
    ["redirect", "TOOL_FAILED", /redirect, which is not followed/],
    ["private", "TOOL_FAILED", /status 401/],
  ] as const) {
    it(`offers nothing, and says why: ${path}`, async () => {
      const task = await taskWith(path);
      expect(task.offered).toEqual([]);
      expect(task.server?.error).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(JSON.stringify(task.server)).not.toContain("stack trace");
    });
  }

  it("is given up with its time when its stream never ends", async () => {
    const first = await endsFirst(
      (signal) => taskWith("hang", { signal }),
      // Another server is asked first: with as much time as the patient one this one would end behind it.
      () => taskWith("docs").then(() => taskWith("hang", { more: "timeout: 1s" })),
    );
    expect(first).toMatchObject({ server: { tools: [], error: { code: "TOOL_TIMEOUT" } } });
  });

  it("is not asked when this machine was not opened", async () => {
    const task = await taskWith("docs", { localOrigins: [] });
    expect(task.server).toMatchObject({
      tools: [],
      error: { code: "EGRESS_DENIED" },
      egress: [{ host: "127.0.0.1", allowed: false, reason: "scheme" }],
    });
  });
});

describe("a list that is too long", () => {
  it("is read for so many pages, and what stands further back is not there", async () => {
    const task = await taskWith("crowd", { wanted: "tool_3, tool_150, tool_4000" });
    expect(task.offered).toEqual(["docs__tool_3", "docs__tool_150"]);
    expect(task.server?.leftOut).toEqual([{ name: "tool_4000", reason: "the server does not have it" }]);
  });

  it("loses the tools that are too large, and no others", async () => {
    const task = await taskWith("large", { wanted: "wordy, small" });
    expect(task.offered).toEqual(["docs__small"]);
    expect(task.server?.leftOut).toEqual([{ name: "wordy", reason: expect.stringMatching(/more than there is room/) }]);
  });
});

describe("a server that wants a credential", () => {
  const secret = {
    name: "mcp-token",
    value: MCP_TOKEN,
    host: "127.0.0.1",
    header: "authorization",
    scheme: "bearer",
  } as const;

  it("is sent the tenant's secret by the gateway, and it comes back from no tool", async () => {
    await keepSecret("mcp-owner", secret);
    const task = await taskWith("private", { tenant: "mcp-owner", more: "secrets: [mcp-token]" });
    expect(task.offered).toContain("docs__whoami");
    const outcome = await task.call("docs__whoami");
    expect(outcome.result).toEqual({ text: "[secret mcp-token]" });
    expect(outcome.egress).toContainEqual(expect.objectContaining({ secrets: ["mcp-token"] }));
    expect(JSON.stringify([outcome, task.server, task.lines])).not.toContain(MCP_TOKEN);
  });

  it("is sent nothing of another tenant, nor what the pack does not name", async () => {
    await keepSecret("mcp-owner", secret);
    for (const setup of [{ tenant: "mcp-stranger", more: "secrets: [mcp-token]" }, { tenant: "mcp-owner" }]) {
      expect((await taskWith("private", setup)).server?.error).toMatchObject({ message: expect.stringMatching(/401/) });
    }
  });
});
