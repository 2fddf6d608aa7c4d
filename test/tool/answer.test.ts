/** A worker's answer is the attacker's: what of it is believed, and what voids the call. */
import { describe, expect, it } from "vitest";
import { parseAnswer, readAnswer } from "../../src/tool/answer.ts";
import type { ToolFile } from "../../src/tool/index.ts";
import { RESULT_BYTES_MAX, RESULT_DEPTH_MAX, WORKSPACE_QUOTA } from "../../src/tool/limits.ts";
import { compilePolicy } from "../../src/tool/policy.ts";
import { composeConfig, SCOPED, tool, tools } from "./samples.ts";

const FILES: readonly ToolFile[] = [{ path: "/workspace/a", text: "a" }];

async function parse(answer: unknown, options: { sandbox?: string; files?: readonly ToolFile[] } = {}) {
  const config = await composeConfig(tools([tool("code_executor", options.sandbox ?? SCOPED)]));
  const [definition] = config.tools.available;
  if (definition === undefined) throw new Error("the sample pack has a tool");
  const json = typeof answer === "string" ? answer : JSON.stringify(answer);
  return parseAnswer(readAnswer(json), { policy: compilePolicy(definition), files: options.files ?? FILES });
}
const good = (result: unknown, changes: unknown = []) => ({ ok: true, result, changes });
const put = (path: unknown, text: unknown = "x") => ({ kind: "put", path, text });

describe("a good answer", () => {
  it("is taken: its result as JSON, its changes as they are", async () => {
    const changes = [put("/workspace/b"), { kind: "delete", path: "/workspace/a" }];
    expect(await parse(good({ b: [1] }, changes))).toEqual({ ok: true, value: { resultJson: '{"b":[1]}', changes } });
  });

  it("may hold bytes, which count as bytes and not as base64", async () => {
    const text = "A".repeat((WORKSPACE_QUOTA.fileBytes / 3) * 4 - (((WORKSPACE_QUOTA.fileBytes / 3) * 4) % 4));
    const changes = [{ ...put("/workspace/b", text), encoding: "base64" }];
    expect(await parse(good(1, changes))).toMatchObject({ ok: true, value: { changes } });
    const over = [{ ...put("/workspace/b", `${text}AAAA`), encoding: "base64" }];
    expect(await parse(good(1, over))).toMatchObject({ ok: false, error: { code: "TOOL_LIMIT" } });
  });

  it("without a result is null", async () => {
    expect(await parse({ ok: true, changes: [] })).toMatchObject({ value: { resultJson: "null" } });
  });

  it("loses __proto__ members at every level", async () => {
    const json =
      '{"ok":true,"result":{"__proto__":{"polluted":1},"a":{"__proto__":1,"b":2}},"changes":[],"__proto__":{}}';
    expect(await parse(json)).toMatchObject({ value: { resultJson: '{"a":{"b":2}}' } });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

describe("an answer that is not one", () => {
  for (const [name, answer] of [
    ["no JSON", "{"],
    ["empty text", ""],
    ["a list", []],
    ["null", "null"],
    ["an object without anything", {}],
    ["JSON too deep to parse", "[".repeat(200_000)],
    ["an error without words", { ok: false, error: { code: "TOOL_FAILED" } }],
    ["changes that are no list", good(1, { length: 1 })],
    ["a change that is text", good(1, ["/workspace/a"])],
    ["a change of an unknown kind", good(1, [{ kind: "link", path: "/workspace/a", text: "" }])],
    ["a file that is no text", good(1, [put("/workspace/a", { toString: "x" })])],
    ["a file with a NUL", good(1, [put("/workspace/a", "\0")])],
    ["a file of broken UTF-16", good(1, [put("/workspace/a", "\ud800")])],
    ["a file that is no whole base64", good(1, [{ ...put("/workspace/a", "AAA"), encoding: "base64" }])],
    ["a file that is no base64", good(1, [{ ...put("/workspace/a", "AA-_"), encoding: "base64" }])],
    ["a file in an unknown encoding", good(1, [{ ...put("/workspace/a", "AAAA"), encoding: "hex" }])],
    ["a path in another spelling", good(1, [put("/workspace/./a")])],
  ] as const) {
    it(`is TOOL_FAILED: ${name}`, async () => {
      expect(await parse(answer)).toMatchObject({ ok: false, error: { code: "TOOL_FAILED" } });
    });
  }
});

describe("an answer that goes too far", () => {
  const big = "x".repeat(WORKSPACE_QUOTA.fileBytes);
  const full = Array.from({ length: WORKSPACE_QUOTA.files }, (_, n) => ({ path: `/data/${n}`, text: "" }));
  const heavy = Array.from({ length: 10 }, (_, n) => ({ path: `/data/${n}`, text: big }));
  for (const [name, answer, code, files] of [
    ["a path out of scope", good(1, [put("/etc/passwd")]), "PATH_DENIED", FILES],
    ["a path beside the scope", good(1, [put("/workspace2/a")]), "PATH_DENIED", FILES],
    ["a path that climbs", good(1, [put("/workspace/../etc")]), "PATH_DENIED", FILES],
    ["a deletion out of scope", good(1, [{ kind: "delete", path: "/data/0" }]), "PATH_DENIED", full],
    ["one bad path among good ones", good(1, [put("/workspace/b"), put("/b")]), "PATH_DENIED", FILES],
    ["a file over its limit", good(1, [put("/workspace/b", `${big}x`)]), "TOOL_LIMIT", FILES],
    ["a workspace over its bytes, hidden files counted", good(1, [put("/workspace/b")]), "TOOL_LIMIT", heavy],
    ["a workspace over its files, hidden files counted", good(1, [put("/workspace/b")]), "TOOL_LIMIT", full],
    ["a result over its bytes", good("x".repeat(RESULT_BYTES_MAX)), "TOOL_LIMIT", FILES],
  ] as const) {
    it(`is ${code}: ${name}`, async () => {
      expect(await parse(answer, { files })).toMatchObject({ ok: false, error: { code } });
    });
  }

  it("is TOOL_LIMIT: a result nested too deep", async () => {
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect((await parse(`{"ok":true,"changes":[],"result":${nested(RESULT_DEPTH_MAX)}}`)).ok).toBe(true);
    expect(await parse(`{"ok":true,"changes":[],"result":${nested(RESULT_DEPTH_MAX + 1)}}`)).toMatchObject({
      error: { code: "TOOL_LIMIT" },
    });
  });

  for (const filesystem of ["none", "read_only"]) {
    it(`is PATH_DENIED: any change by a tool whose filesystem is ${filesystem}`, async () => {
      const answer = good(1, [put("/workspace/b")]);
      const sandbox = `filesystem: "${filesystem}"`;
      expect(await parse(answer, { sandbox })).toMatchObject({ error: { code: "PATH_DENIED" } });
    });
  }

  it("may always give files back", async () => {
    const over = [...full, { path: "/workspace/a", text: "" }, { path: "/workspace/b", text: "" }];
    expect(await parse(good(1, [{ kind: "delete", path: "/workspace/a" }]), { files: over })).toMatchObject({
      ok: true,
    });
  });
});

describe("an error of a worker", () => {
  it("keeps its code and words", async () => {
    const error = { code: "TOOL_TIMEOUT", message: "too long" };
    expect(await parse({ ok: false, error })).toEqual({ ok: false, error });
  });

  for (const code of ["APPROVAL_REJECTED", "TOOL_DENIED", "EGRESS_DENIED", "toString", 7]) {
    it(`cannot speak for the host with ${code}`, async () => {
      expect(await parse({ ok: false, error: { code, message: "m" } })).toMatchObject({
        error: { code: "TOOL_FAILED", message: "m" },
      });
    });
  }

  it("may say EGRESS_DENIED when a request of its call was really denied", async () => {
    const config = await composeConfig(tools([tool("code_executor", SCOPED)]));
    const [definition] = config.tools.available;
    if (definition === undefined) throw new Error("the sample pack has a tool");
    const error = { code: "EGRESS_DENIED", message: "m" };
    const context = { policy: compilePolicy(definition), files: FILES, wasDenied: true };
    expect(parseAnswer({ ok: false, error }, context)).toEqual({ ok: false, error });
  });

  it("has its words cut", async () => {
    const parsed = await parse({ ok: false, error: { code: "TOOL_FAILED", message: "x".repeat(1_000_000) } });
    expect(parsed.ok ? 0 : parsed.error.message.length).toBe(2_000);
  });
});
