/** A message of the event queue -> the event in it. Everything after works on what was parsed here. */
import {
  parseTaskId,
  parseTenantId,
  parseTraceId,
  type TaskId,
  type TenantId,
  type TraceId,
} from "../platform/index.ts";
import { eventId, eventSource } from "./task-event.ts";

export type EventMessage = {
  readonly tenant: TenantId;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly aggregateId: TaskId;
  readonly aggregateSeq: number;
  readonly traceId: TraceId | null;
  /** The structured CloudEvent as it was sent. */
  readonly json: string;
};

/** What can be said of a message that is no event of ours. */
export type Unreadable = { readonly tenant: TenantId | null; readonly text: string };

const TYPE = /^[a-z][a-z0-9_.]{0,127}$/;

/** The columns it goes to, checked: an event that gets past here can be stored. */
export function parseEventMessage(body: unknown): EventMessage | Unreadable {
  const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "");
  const event = membersOf(parseJson(text));
  const tenant = parseTenantId(event.tenantid) ?? null;
  const task = parseTaskId(event.subject);
  const { id, source, type, sequence, specversion } = event;
  const seq = Number.isSafeInteger(sequence) && Number(sequence) >= 1 ? Number(sequence) : null;
  if (tenant === null || task === undefined || seq === null) return { tenant, text };
  const isWhole = specversion === "1.0" && id === eventId(task, seq) && source === eventSource(tenant, task);
  if (!isWhole || typeof type !== "string" || !TYPE.test(type)) return { tenant, text };
  return {
    tenant,
    source: eventSource(tenant, task),
    id: eventId(task, seq),
    type,
    aggregateId: task,
    aggregateSeq: seq,
    traceId: parseTraceId(membersOf(membersOf(event.data).task).trace_id) ?? null,
    json: text,
  };
}

export const isReadable = (message: EventMessage | Unreadable): message is EventMessage => "aggregateId" in message;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: then it has none of the members that make an event.
    return null;
  }
}

const membersOf = (value: unknown): { readonly [member: string]: unknown } =>
  typeof value === "object" && value !== null ? { ...value } : {};
