/** What leaves the system of a task's event: a CloudEvent with what its message names, and nothing else. */
import { CloudEvent } from "cloudevents";
import { describe, expect, it } from "vitest";
import { type EventSubject, isTaskEventType, toOutboxEvent } from "../../src/event/task-event.ts";
import { tenantNamed } from "../case/database/bench.ts";

const TASK = "00000000-0000-8000-8000-000000000001";
const AT = "2026-01-02T03:04:05.678Z";
const subject: EventSubject = {
  tenant: tenantNamed("tenant-a"),
  task: {
    task_id: TASK,
    agent_id: "agent",
    pack_id: "hello",
    pack_version: "1.0.0",
    pack_digest: "d",
    session_id: null,
    trace_id: "trace-1",
    created_at: AT,
    input: "what the user asked",
  },
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};
const usage = { input_tokens: 1, cache_read_tokens: 2, cache_write_tokens: 3, output_tokens: 4 };
const everything = {
  usage,
  cost_micros: 5,
  steps_taken: 6,
  model: "offline/scripted",
  attempt: 1,
  finish_reason: "stop",
  reason: "outage",
  code: "PROVIDER_UNAVAILABLE",
  error: { code: "MAX_STEPS", message: "what the model said" },
  output: "what the model said",
  message: "what the model said",
  arguments: { secret: true },
};

const TYPES: readonly (readonly [type: string, state: string, members: readonly string[]])[] = [
  ["task.queued", "queued", ["from_step", "parent_task_id", "replay_of"]],
  ["task.started", "running", ["attempt"]],
  ["task.resumed", "running", ["attempt"]],
  ["task.retry", "retry", ["attempt", "code", "reason", "retry_at"]],
  ["task.waiting", "waiting", ["approval_ids", "child_task_ids", "reason"]],
  ["task.done", "done", ["cost_micros", "finish_reason", "model", "steps_taken", "usage"]],
  ["task.failed", "failed", ["cost_micros", "error", "model", "steps_taken", "usage"]],
  ["task.cancelled", "cancelled", ["cost_micros", "model", "steps_taken", "usage"]],
  ["task.dead_letter", "dead_letter", ["error"]],
];

const eventOf = async (type: string, data: Record<string, unknown> = everything) => {
  if (!isTaskEventType(type)) throw new Error(`${type} does not leave`);
  const event = await toOutboxEvent(subject, { type, seq: 3, at: AT, data });
  return { event, parsed: JSON.parse(event.json) };
};

describe("an event that leaves", () => {
  for (const [type, state, members] of TYPES) {
    it(`(${type}) says what its message names, and nothing that anybody wrote`, async () => {
      const { event, parsed } = await eventOf(type);
      expect(Object.keys(parsed.data).toSorted()).toEqual([...members, "state", "task"].toSorted());
      expect(parsed.data.state).toBe(state);
      expect(event.json).not.toContain("what the");
      expect(event.json).not.toContain("secret");
    });
  }

  it("is a valid CloudEvent with the tenant, the trace and its number", async () => {
    const { event, parsed } = await eventOf("task.done");
    expect(new CloudEvent(parsed).validate()).toBe(true);
    expect(parsed).toMatchObject({
      specversion: "1.0",
      id: `${TASK}:3`,
      source: `/tenants/tenant-a/tasks/${TASK}`,
      type: "task.done",
      subject: TASK,
      time: AT,
      datacontenttype: "application/json",
      dataschema: "urn:proto:vasini.event.v1.TaskDone",
      sequence: 3,
      tenantid: "tenant-a",
      traceparent: subject.traceparent,
      data: {
        steps_taken: 6,
        usage: { input_tokens: "1", output_tokens: "4" },
        cost_micros: "5",
        task: { session_id: "" },
      },
    });
    expect(event).toMatchObject({ id: `${TASK}:3`, aggregateId: TASK, aggregateSeq: 3, createdAt: AT });
  });

  it("is the same bytes when it is made again", async () => {
    expect((await eventOf("task.failed")).event).toEqual((await eventOf("task.failed")).event);
  });

  it("leaves an unknown cost out, which is not 0", async () => {
    const { parsed } = await eventOf("task.done", { ...everything, cost_micros: null });
    expect(parsed.data).not.toHaveProperty("cost_micros");
  });

  it("has no trace when the request had none", async () => {
    const event = await toOutboxEvent(
      { ...subject, traceparent: "" },
      { type: "task.queued", seq: 1, at: AT, data: {} },
    );
    expect(event.traceparent).toBeNull();
    expect(JSON.parse(event.json)).not.toHaveProperty("traceparent");
  });

  it("is of no type that streams what a model says", () => {
    for (const type of ["text.delta", "tool.call", "tool.result", "step.started", "toString"]) {
      expect(isTaskEventType(type), type).toBe(false);
    }
  });
});
