/** Approvals as a journal holds them, for tests of the pure rules. */
import type { Approval } from "../../src/task/approval/approval.ts";
import type { TaskRow } from "../../src/task/journal/journal.ts";

export const BINDING = {
  toolId: "counter",
  argsHash: "a".repeat(64),
  packDigest: "0".repeat(64),
  policy: "p".repeat(64),
};

export const approval = (more: Partial<Approval> = {}): Approval => ({
  n: 1,
  kind: "approval",
  step: 0,
  index: 0,
  toolName: "Counter",
  riskLevel: "high",
  reason: "It has effects.",
  ...BINDING,
  fourEyes: false,
  requestedAt: 0,
  expiresAt: 1_000,
  expiredAt: null,
  decided: null,
  usedAt: null,
  ...more,
});

export const decided = (decision: NonNullable<Approval["decided"]>["decision"], reason: string | null = null) => ({
  decided: { decision, by: "key:approver", at: 500, reason, requestKey: "r" },
});

export const row = (more: Partial<TaskRow> = {}): TaskRow => ({
  request: {
    tenant: "tenant-123",
    task_id: "task",
    pack_id: "tester",
    pack_version: "1.0.0",
    pack_digest: BINDING.packDigest,
    pack_owner: "shared",
    input: "",
    session_id: null,
    metadata: {},
    tier: "tier-2",
    idempotency_key: "key",
    fingerprint: "print",
    trace_id: "trace",
    traceparent: "",
    requested_by: "key:starter",
    replay: null,
  },
  state: "waiting",
  epoch: 1,
  attempt: 0,
  createdAt: 0,
  startedAt: 0,
  finishedAt: null,
  waitingSince: 100,
  output: null,
  finishReason: null,
  error: null,
  deadlineAt: 10_000,
  due: {},
  ...more,
});
