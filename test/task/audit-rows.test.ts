/** A recorded call as a row of the audit log: what it was and how it came out, and nothing of what was written in it. */
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/platform/index.ts";
import { toAuditEntry } from "../../src/task/audit-rows.ts";
import type { CallResult } from "../../src/task/history.ts";
import type { ToolErrorCode } from "../../src/tool/index.ts";
import { toolQuestion } from "../policy/questions.ts";
import { call, result } from "./history.ts";

const REQUEST = {
  ...{ tenant: "tenant-123", task_id: "task-1", pack_id: "hello", pack_version: "1.0.0", pack_digest: "d".repeat(64) },
  ...{
    pack_owner: "_shared",
    input: "Hi",
    session_id: null,
    metadata: {},
    tier: "tier-2" as const,
    idempotency_key: "key",
  },
  ...{ fingerprint: "f", trace_id: "trace-1", traceparent: "", replay: null },
} as const;
const NOW = 1_000;

const made = (arguments_: object): ReturnType<typeof call> => ({
  ...call("file_manager"),
  arguments: { kind: "object", value: { ...arguments_ } },
});
const entryOf = async (change: Partial<CallResult> = {}, given = made({ path: "/workspace/a", action: "read" })) =>
  toAuditEntry(REQUEST, given, { ...result(2, 1), ...change }, NOW);

describe("the audit row of a call", () => {
  it("names agent, task, tool and pack, and is the same row however often it is made", async () => {
    const entry = await entryOf({ durationMs: 7, at: 500 });
    expect(entry).toMatchObject({
      ...{ at: 500, action: "tool.executed", actor: `agent:hello@${"d".repeat(64)}/task:task-1`, result: "done" },
      ...{ resource: "tool:file_manager", durationMs: 7, packDigest: "d".repeat(64), traceId: "trace-1" },
    });
    expect((await entryOf())?.id).toBe(entry?.id);
    expect((await entryOf({ index: 2 }))?.id).not.toBe(entry?.id);
    expect(entry?.id).toHaveLength(36);
  });

  it("holds the digest of the canonical arguments and their shape, never what they say", async () => {
    const secret = "hunter2-the-canary";
    const entry = await entryOf({}, made({ path: secret, list: [1, 2], deep: { secret }, nothing: null, yes: true }));
    expect(JSON.stringify(entry)).not.toContain(secret);
    expect(entry?.details).toEqual({
      ...{ step: 2, call: 1 },
      arguments: { path: "text of 18", list: "list of 2", deep: "object of 1", nothing: "null", yes: "boolean" },
    });
    const canonical = `{"deep":{"secret":"${secret}"},"list":[1,2],"nothing":null,"path":"${secret}","yes":true}`;
    expect(entry?.argsHash).toBe(await sha256Hex(canonical));
  });

  it("says what the policy decided, and by which rule", async () => {
    const decided = async (effect: "allow" | "ask", reasons: readonly { rule: string; message: string }[]) => {
      const decision = { effect, reasons, obligations: [], policy: "p", isEnforced: true };
      return entryOf({ decision: { at: 0, question: toolQuestion(), decision } });
    };
    const reasons = ["rule_of_two", "pack"].map((rule) => ({ rule, message: "Because." }));
    expect(await decided("ask", reasons)).toMatchObject({ decision: "ask", ruleId: "rule_of_two" });
    expect(await decided("allow", [])).toMatchObject({ decision: "allow" });
    expect(Object.keys((await entryOf()) ?? {})).not.toContain("decision");
  });

  const OUTCOMES: Readonly<Record<ToolErrorCode, string>> = {
    ...{ TOOL_DENIED: "denied", TOOL_UNKNOWN: "denied", TOOL_ARGUMENTS: "denied", TOOL_LIMIT: "denied" },
    ...{ EGRESS_DENIED: "denied", PATH_DENIED: "denied", APPROVAL_REJECTED: "denied", APPROVAL_EXPIRED: "denied" },
    ...{ TOOL_TIMEOUT: "failed", TOOL_FAILED: "failed" },
  };
  for (const [code, expected] of Object.entries(OUTCOMES) as [ToolErrorCode, string][]) {
    it(`says ${expected} for ${code}, with the code and without its message`, async () => {
      const entry = await entryOf({ success: false, error: { code, message: "what the tool wrote" } });
      expect(entry).toMatchObject({ result: expected, details: { code } });
      expect(JSON.stringify(entry)).not.toContain("what the tool wrote");
    });
  }

  it("says where the call went and where it was not let go, the latter first", async () => {
    const facts = { method: "GET", sent_bytes: 0, received_bytes: 9 };
    const egress = [
      { ...facts, host: "api.example.com", allowed: true, status: 200, secrets: ["token"] },
      { ...facts, host: "evil.example.com", allowed: false, reason: "not_listed" },
    ];
    expect((await entryOf({ egress }))?.details).toMatchObject({
      ...{ requests: 2, denied: 1, egress: ["GET evil.example.com not_listed", "GET api.example.com 200"] },
    });
  });

  it("names no argument of a call that was refused, for there a model may have written anything", async () => {
    const refused = { success: false, error: { code: "TOOL_UNKNOWN", message: "" } } as const;
    const entry = await entryOf(refused, made({ "the password is hunter2": 1, path: "a" }));
    expect(entry?.details).toMatchObject({ arguments: "object of 2" });
  });

  it("is not there for a call of a dry run, which was not made", async () => {
    const dry = { ...REQUEST, replay: { source_task_id: "task-0", from_step: 0, dry_run: true } };
    expect(await toAuditEntry(dry, made({}), result(0, 0), NOW)).toBeNull();
    const again = { ...dry, replay: { ...dry.replay, dry_run: false } };
    expect(await toAuditEntry(again, made({}), result(0, 0), NOW)).not.toBeNull();
  });

  it("is not there for the success of a tool that is not audited", async () => {
    expect(await entryOf({ isUnaudited: true })).toBeNull();
  });

  it("has the present time for a call that was recorded before calls had one", async () => {
    const { at: _, ...older } = result(0, 0);
    expect((await toAuditEntry(REQUEST, call("a"), older, NOW))?.at).toBe(NOW);
  });

  it("shows malformed arguments by their length alone", async () => {
    const malformed = { ...call("a"), arguments: { kind: "malformed" as const, raw: "{oops", problem: "no JSON" } };
    expect((await entryOf({}, malformed))?.details).toMatchObject({ arguments: "text of 5" });
  });
});
