/** A task's event on its way out: which ones leave, and the row of the outbox that each becomes. */
import type { JsonValue } from "@bufbuild/protobuf";
import type { TenantId } from "../platform/index.ts";

/** The types that leave, and what state each led to unless its data says another. */
const STATES = {
  "task.queued": "queued",
  "task.started": "running",
  "task.resumed": "running",
  "task.retry": "retry",
  "task.waiting": "waiting",
  "task.done": "done",
  "task.failed": "failed",
  "task.cancelled": "cancelled",
  "task.dead_letter": "dead_letter",
} as const satisfies Record<string, string>;

export type TaskEventType = keyof typeof STATES;
export const isTaskEventType = (type: string): type is TaskEventType => Object.hasOwn(STATES, type);

/** Who the event speaks about; `task` becomes the message TaskRef. */
export type EventSubject = {
  readonly tenant: TenantId;
  readonly task: { readonly task_id: string } & { readonly [field: string]: JsonValue };
  /** Empty without one. */
  readonly traceparent: string;
};

export type TaskFact = {
  readonly type: TaskEventType;
  /** Counts from 1 within the task, without gaps. */
  readonly seq: number;
  /** RFC 3339. */
  readonly at: string;
  /** Anything; what the message of this type names is taken. */
  readonly data: { readonly [field: string]: unknown };
};

/** A row of the outbox. */
export type OutboxEvent = {
  readonly tenant: string;
  readonly id: string;
  readonly type: TaskEventType;
  readonly aggregateId: string;
  readonly aggregateSeq: number;
  readonly traceparent: string | null;
  readonly createdAt: string;
  /** The structured CloudEvent: made once, and carried as it is by everything after. */
  readonly json: string;
};

export const eventSource = (tenant: string, taskId: string): string => `/tenants/${tenant}/tasks/${taskId}`;
export const eventId = (taskId: string, seq: number): string => `${taskId}:${seq}`;

export async function toOutboxEvent(subject: EventSubject, fact: TaskFact): Promise<OutboxEvent> {
  // On first use: most isolates answer requests and never make an event.
  const { toCloudEvent } = await import("./cloud-event.ts");
  const { tenant, task, traceparent } = subject;
  const id = eventId(task.task_id, fact.seq);
  return {
    tenant,
    id,
    type: fact.type,
    aggregateId: task.task_id,
    aggregateSeq: fact.seq,
    traceparent: traceparent === "" ? null : traceparent,
    createdAt: fact.at,
    json: toCloudEvent({
      id,
      source: eventSource(tenant, task.task_id),
      type: fact.type,
      subject: task.task_id,
      time: fact.at,
      sequence: fact.seq,
      tenantid: tenant,
      traceparent,
      data: { state: STATES[fact.type], ...fact.data, task },
    }),
  };
}
