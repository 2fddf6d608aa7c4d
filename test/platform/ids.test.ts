/** Ids: the grammars, and that no composed name can be read two ways. */
import { describe, expect, it } from "vitest";
import {
  deriveAgentId,
  deriveTaskId,
  newTraceId,
  parseIdempotencyKey,
  parsePackId,
  parseSessionId,
  parseTaskId,
  parseTenantId,
  parseTraceId,
  taskObjectName,
} from "../../src/platform/index.ts";

const GRAMMARS = [
  [
    "a tenant",
    parseTenantId,
    ["t", "tenant-123", "A.b_c-9", "x".repeat(36)],
    ["", "-t", "a/b", "a b", "x".repeat(37), "ü", "a:b", "t\n", 7],
  ],
  ["a session", parseSessionId, ["s", "x".repeat(64)], ["", ".s", "a/b", "x".repeat(65)]],
  [
    "a pack",
    parsePackId,
    ["hello", "senior-python-dev", "p".repeat(128)],
    ["", "Hello", "1pack", "a_b", "../a", "p".repeat(129)],
  ],
  [
    "a task",
    parseTaskId,
    ["00000000-0000-8000-8000-000000000000"],
    ["", "task-123", "00000000-0000-4000-8000-000000000000", "00000000-0000-8000-8000-00000000000A"],
  ],
  ["a trace", parseTraceId, ["trace-abc-123", "x".repeat(64)], ["", "a b", "a/b", "x".repeat(65), "a\nb"]],
  [
    "an idempotency key",
    parseIdempotencyKey,
    ["k", "a/b:c#~", "x".repeat(255)],
    ["", "a b", "ключ", "x".repeat(256), "a\tb"],
  ],
] as const;

const tenant = (text: string) => parseTenantId(text) ?? expect.fail(`${text} is no tenant`);
const key = (text: string) => parseIdempotencyKey(text) ?? expect.fail(`${text} is no key`);

describe("grammars", () => {
  for (const [name, parse, good, bad] of GRAMMARS) {
    it(`take what ${name} may be called`, () => {
      for (const text of good) expect(parse(text)).toBe(text);
    });
    it(`refuse what ${name} may not be called`, () => {
      for (const text of bad) expect(parse(text), JSON.stringify(text)).toBeUndefined();
    });
  }
});

describe("derived ids", () => {
  it("are the same for the same tenant and key, and a task id in form", async () => {
    const id = await deriveTaskId(tenant("a"), key("k"));
    expect(await deriveTaskId(tenant("a"), key("k"))).toBe(id);
    expect(parseTaskId(id)).toBe(id);
  });

  it("differ for another tenant, another key, and parts that run into each other", async () => {
    const pairs = [
      ["a", "b1"],
      ["ab", "1"],
      ["a", "b"],
      ["b", "a"],
    ] as const;
    const ids = await Promise.all(pairs.map(([name, text]) => deriveTaskId(tenant(name), key(text))));
    expect(new Set(ids).size).toBe(pairs.length);
  });

  it("tell an agent with a session from one without", async () => {
    const agent = { tenant: tenant("a"), packId: "p", packVersion: "1.0.0" };
    expect(await deriveAgentId({ ...agent, sessionId: null })).not.toBe(
      await deriveAgentId({ ...agent, sessionId: "s" }),
    );
  });

  it("name a task's object by tenant and task", async () => {
    const id = await deriveTaskId(tenant("a"), key("k"));
    expect(taskObjectName(tenant("a"), id)).toBe(`a/${id}`);
  });

  it("begin a trace with 32 hexadecimal digits, never the same twice", () => {
    expect(newTraceId()).toMatch(/^[0-9a-f]{32}$/);
    expect(newTraceId()).not.toBe(newTraceId());
  });
});
