/** A recorded call as a row of the audit log: what it was and how it came out, and nothing of what was written in it. */
import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/audit/index.ts";
import { DETAILS_CHARS_MAX } from "../../src/audit/limits.ts";
import { sha256Hex } from "../../src/platform/index.ts";
import type { CallResult } from "../../src/task/journal/history.ts";
import { type Attempt, toAuditEntry } from "../../src/task/projection/audit-rows.ts";
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
const told = (given: ReturnType<typeof call>, end: Attempt["end"], more: Partial<Attempt> = {}): Attempt => ({
  ...{ request: REQUEST, call: given, end, attempt: 1, approvalId: null },
  ...more,
});
const entryOf = async (change: Partial<CallResult> = {}, given = made({ path: "/workspace/a", action: "read" })) =>
  toAuditEntry(told(given, { ...result(2, 1), ...change }), NOW);

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
      ...{ step: 2, call: 1, attempt: 1, name: "file_manager", summary: "null, 4 characters" },
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
    ...{ TOOL_DENIED: "denied", TOOL_UNKNOWN: "denied", TOOL_ARGUMENTS: "failed", TOOL_LIMIT: "failed" },
    ...{ EGRESS_DENIED: "denied", PATH_DENIED: "denied", APPROVAL_REJECTED: "denied", APPROVAL_EXPIRED: "denied" },
    ...{ TOOL_TIMEOUT: "failed", TOOL_FAILED: "failed" },
  };
  for (const [code, expected] of Object.entries(OUTCOMES) as [ToolErrorCode, string][]) {
    it(`says ${expected} for ${code}, with the code and its words`, async () => {
      const entry = await entryOf({ success: false, error: { code, message: "what went wrong" } });
      expect(entry).toMatchObject({ result: expected, details: { code, summary: "what went wrong" } });
    });
  }

  for (const code of ["TOOL_ARGUMENTS", "TOOL_LIMIT"] as const) {
    it(`says denied for ${code} of a call that its tool never saw`, async () => {
      const refused = { success: false, error: { code, message: "" }, isRefused: true } as const;
      expect(await entryOf(refused)).toMatchObject({ result: "denied", details: { code } });
    });
  }

  it("tells an error without personal data, secrets and control characters, in 500 characters", async () => {
    const secret = `sk-ant-api03-${"a1B2".repeat(24)}`;
    const message = `no\0user\njane.doe@example.com with ${secret}: ${"x".repeat(5_000)}`;
    const entry = await entryOf({ success: false, error: { code: "TOOL_FAILED", message } });
    const summary = String(entry?.details?.summary);
    expect(summary).toMatch(/^no user \[REDACTED EMAIL\] with \[REDACTED [A-Z_ ]+\]: x+$/);
    expect(summary).toHaveLength(500);
  });

  it("tells of which kind and how long a result is, and not what it says", async () => {
    const value = { text: "hunter2-the-canary", files: ["a"], "jane.doe@example.com": 1 };
    const entry = await entryOf({ resultJson: JSON.stringify(value) });
    const length = JSON.stringify(value).length;
    expect(entry?.details?.summary).toBe(
      `{"text":"text of 18","files":"list of 1","[REDACTED EMAIL]":"number"}, ${length} characters`,
    );
  });

  it("fits into its row, however much there is to say", async () => {
    const { details } = (await entryOf(
      {
        ...{ success: false, error: { code: "TOOL_FAILED", message: '"\\'.repeat(2_000) }, toolName: '"'.repeat(256) },
        egress: Array.from({ length: 50 }, () => ({
          ...{ method: "OPTIONS", host: "h".repeat(255), allowed: false, reason: "not_listed" },
          ...{ sent_bytes: 0, received_bytes: 0 },
        })),
      },
      made(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}${'"'.repeat(64)}`, "x".repeat(9_999)]))),
    )) as AuditEntry;
    expect(JSON.stringify(details).length).toBeLessThan(DETAILS_CHARS_MAX);
  });

  it("of an attempt that came to no result says so, and whether anybody measured it", async () => {
    const error = { code: "TASK_CANCELLED" as const, message: "Cancelled." };
    const cut = { step: 2, index: 1, attempt: 1, outcome: "cancelled" as const, error, at: 5, durationMs: 7 };
    const first = await toAuditEntry(told(made({}), cut), NOW);
    expect(first).toMatchObject({
      result: "cancelled",
      at: 5,
      durationMs: 7,
      details: { code: "TASK_CANCELLED", attempt: 1 },
    });
    expect(first?.id).toBe((await entryOf({}, made({})))?.id);
    const second = await toAuditEntry(told(made({}), { ...cut, durationMs: null }, { attempt: 2 }), NOW);
    expect(second?.id).not.toBe(first?.id);
    expect(Object.keys(second ?? {})).not.toContain("durationMs");
  });

  it("names the approval that the call was made on", async () => {
    const entry = await toAuditEntry(told(made({}), result(2, 1), { approvalId: "task-1.1" }), NOW);
    expect(entry?.approvalId).toBe("task-1.1");
  });

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
    expect(await toAuditEntry(told(made({}), result(0, 0), { request: dry }), NOW)).toBeNull();
    const again = { ...dry, replay: { ...dry.replay, dry_run: false } };
    expect(await toAuditEntry(told(made({}), result(0, 0), { request: again }), NOW)).not.toBeNull();
  });

  it("is not there for the success of a tool that is not audited", async () => {
    expect(await entryOf({ isUnaudited: true })).toBeNull();
  });

  it("has the present time for a call that was recorded before calls had one", async () => {
    const { at: _, ...older } = result(0, 0);
    expect((await toAuditEntry(told(call("a"), older), NOW))?.at).toBe(NOW);
  });

  it("shows malformed arguments by their length alone", async () => {
    const malformed = { ...call("a"), arguments: { kind: "malformed" as const, raw: "{oops", problem: "no JSON" } };
    expect((await entryOf({}, malformed))?.details).toMatchObject({ arguments: "text of 5" });
  });
});
