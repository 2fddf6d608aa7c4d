/**
 * A task's event as it leaves the system: a CloudEvent whose data is one of the messages of `proto/vasini/event`. The
 * message is a sieve: what it does not name stays inside, so a field added to the journal never leaves by accident.
 */
import { type DescMessage, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  TaskCancelledSchema,
  TaskDeadLetterSchema,
  TaskDoneSchema,
  TaskFailedSchema,
  TaskQueuedSchema,
  TaskResumedSchema,
  TaskRetrySchema,
  TaskStartedSchema,
  TaskWaitingSchema,
} from "../gen/proto/vasini/event/v1/task_events_pb.js";
import type { TenantId } from "../platform/index.ts";

/** The types that leave, what state each led to unless its data says another, and the shape of its data. */
const TYPES = {
  "task.queued": { state: "queued", shape: TaskQueuedSchema },
  "task.started": { state: "running", shape: TaskStartedSchema },
  "task.resumed": { state: "running", shape: TaskResumedSchema },
  "task.retry": { state: "retry", shape: TaskRetrySchema },
  "task.waiting": { state: "waiting", shape: TaskWaitingSchema },
  "task.done": { state: "done", shape: TaskDoneSchema },
  "task.failed": { state: "failed", shape: TaskFailedSchema },
  "task.cancelled": { state: "cancelled", shape: TaskCancelledSchema },
  "task.dead_letter": { state: "dead_letter", shape: TaskDeadLetterSchema },
} as const satisfies Record<string, { readonly state: string; readonly shape: DescMessage }>;

export type TaskEventType = keyof typeof TYPES;
export const isTaskEventType = (type: string): type is TaskEventType => Object.hasOwn(TYPES, type);

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

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export async function toOutboxEvent(subject: EventSubject, fact: TaskFact): Promise<OutboxEvent> {
  // On first use: most isolates answer requests and never make an event.
  const { CloudEvent } = await import("cloudevents");
  const { tenant, task, traceparent } = subject;
  const { state, shape } = TYPES[fact.type];
  const id = eventId(task.task_id, fact.seq);
  const event = new CloudEvent({
    id,
    source: eventSource(tenant, task.task_id),
    type: fact.type,
    subject: task.task_id,
    time: fact.at,
    datacontenttype: "application/json",
    dataschema: `urn:proto:${shape.typeName}`,
    data: sieve(shape, { state, ...fact.data, task }),
    sequence: fact.seq,
    tenantid: tenant,
    ...(traceparent === "" ? {} : { traceparent }),
  });
  return {
    tenant,
    id,
    type: fact.type,
    aggregateId: task.task_id,
    aggregateSeq: fact.seq,
    traceparent: traceparent === "" ? null : traceparent,
    createdAt: fact.at,
    json: JSON.stringify(event),
  };
}

function sieve(shape: DescMessage, data: { readonly [field: string]: unknown }): JsonValue {
  // Through JSON once, so that what is undefined is absent; the journal holds nothing that JSON cannot.
  const json: JsonValue = JSON.parse(JSON.stringify(data));
  const message = fromJson(shape, json, { ignoreUnknownFields: true });
  return toJson(shape, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
}
