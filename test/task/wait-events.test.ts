/** A wait for a person as the events that leave the system tell it: which approvals, and where each step leads. */
import { describe, expect, it } from "vitest";
import { paused, resumed } from "../../src/task/loop/outcome.ts";
import { toOutboxEvents, untoldFacts } from "../../src/task/projection/told.ts";
import { history } from "./history.ts";

const subject = {
  tenant: "tenant-123",
  agent_id: "agent",
  task: {
    task_id: "task",
    pack_id: "tester",
    pack_version: "1.0.0",
    pack_digest: "0".repeat(64),
    session_id: null,
    trace_id: "trace",
    created_at: "2026-01-01T00:00:00.000Z",
  },
};

const WAIT = [
  ...(paused({ reason: "approval", approval_ids: ["task.1", "task.2"] }, 0).events ?? []),
  { type: "approval.decided", data: { approval_id: "task.1", decision: "approve" } },
  ...(resumed({ waitingSince: 0, deadlineAt: 1, attempt: 0 }, 10).events ?? []),
  { type: "task.resumed", data: { attempt: 0 } },
].map((event, index) => ({ ...event, seq: index + 1, at: "2026-01-01T00:00:00.000Z" }));

describe("a wait, from outside", () => {
  it("names what a person is asked, leaves the approvals' own events inside, and tells a new turn from a resumed run", async () => {
    const events = (after: number, limit: number) => WAIT.slice(after, after + limit);
    const { facts } = untoldFacts({ events }, {}, WAIT.length);
    const task = { ...subject.task, usage: null } as unknown as Parameters<typeof toOutboxEvents>[0]["task"]; // what of a view an event names
    const told = await toOutboxEvents({ ...subject, task }, { traceparent: "", history: history([]), facts });
    expect(told.map(({ type, json }) => [type, JSON.parse(json).data.state])).toEqual([
      ["task.waiting", "waiting"],
      ["task.resumed", "queued"],
      ["task.resumed", "running"],
    ]);
    expect(JSON.parse(told[0]?.json ?? "").data).toMatchObject({
      reason: "approval",
      approval_ids: ["task.1", "task.2"],
    });
  });
});
