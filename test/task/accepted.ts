/** An accepted request, for tests of the pure parts. */
import type { CreateTask } from "../../src/task/index.ts";

export const acceptedAs = (taskId: string, more: Partial<CreateTask> = {}): CreateTask => ({
  tenant: "tenant-a",
  task_id: taskId,
  pack_id: "helper",
  pack_version: "1.0.0",
  pack_digest: "0".repeat(64),
  pack_owner: "_shared",
  input: "Help",
  session_id: null,
  metadata: {},
  tier: "tier-2",
  idempotency_key: "key",
  fingerprint: "print",
  trace_id: "trace-1",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  requested_by: null,
  replay: null,
  ...more,
});
