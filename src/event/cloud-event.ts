/**
 * The envelope of a task's event: a CloudEvent whose data is one of the messages of `proto/vasini/event`. The message is a
 * sieve: what it does not name stays inside, so a field added to the journal never leaves by accident.
 */
import { type DescMessage, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { CloudEvent } from "cloudevents";
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

const SHAPES = {
  "task.queued": TaskQueuedSchema,
  "task.started": TaskStartedSchema,
  "task.resumed": TaskResumedSchema,
  "task.retry": TaskRetrySchema,
  "task.waiting": TaskWaitingSchema,
  "task.done": TaskDoneSchema,
  "task.failed": TaskFailedSchema,
  "task.cancelled": TaskCancelledSchema,
  "task.dead_letter": TaskDeadLetterSchema,
} as const satisfies Record<string, DescMessage>;

type Data = { readonly [field: string]: unknown };

/**
 * @param event.traceparent empty without one.
 * @param event.data anything; what the message of the type names is taken.
 * @returns the event as JSON, structured.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function toCloudEvent(event: {
  readonly id: string;
  readonly source: string;
  readonly type: keyof typeof SHAPES;
  readonly subject: string;
  readonly time: string;
  readonly sequence: number;
  readonly tenantid: string;
  readonly traceparent: string;
  readonly data: Data;
}): string {
  const { traceparent, data, ...attributes } = event;
  const shape = SHAPES[event.type];
  const made = new CloudEvent({
    ...attributes,
    datacontenttype: "application/json",
    dataschema: `urn:proto:${shape.typeName}`,
    data: sieve(shape, data),
    ...(traceparent === "" ? {} : { traceparent }),
  });
  return JSON.stringify(made);
}

function sieve(shape: DescMessage, data: Data): JsonValue {
  // Through JSON once, so that what is undefined is absent; the journal holds nothing that JSON cannot.
  const json: JsonValue = JSON.parse(JSON.stringify(data));
  const message = fromJson(shape, json, { ignoreUnknownFields: true });
  return toJson(shape, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
}
