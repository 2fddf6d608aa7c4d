/**
 * Shapes of the REST interface: what a body must be, and what answers are. Bodies are parsed with them; the served
 * OpenAPI document is made of them; answers are checked against them by the tests. Each is made when it is first asked
 * for: all of them take as long as everything else that an isolate does before its first request.
 */
import * as z from "zod";
import { TIERS } from "../model/index.ts";
import { ERRORS, once } from "../platform/index.ts";
import {
  TASK_ERROR_CODES,
  TASK_STATES,
  type TaskEvent,
  type TaskFile,
  type TaskListItem,
  type TaskView,
} from "../task/index.ts";
import {
  CURSOR_CHARS_MAX,
  EVENT_LIMIT_DEFAULT,
  EVENT_LIMIT_MAX,
  LIST_LIMIT_DEFAULT,
  LIST_LIMIT_MAX,
  METADATA_ENTRIES_MAX,
  METADATA_KEY_CHARS_MAX,
  METADATA_VALUE_CHARS_MAX,
  PACK_FILES_MAX,
} from "./limits.ts";

const TaskIdText = once(() => z.string().describe("UUID of version 8, lower case"));
const PackIdText = once(() => z.string().regex(/^[a-z][a-z0-9-]{0,127}$/));
const SessionIdText = once(() => z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
const VersionText = once(() => z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/));
const Time = once(() => z.string().describe("RFC 3339, UTC"));
const State = once(() => z.enum(TASK_STATES));
const Metadata = once(() =>
  z
    .record(z.string().min(1).max(METADATA_KEY_CHARS_MAX), z.string().max(METADATA_VALUE_CHARS_MAX))
    .refine((metadata) => Object.keys(metadata).length <= METADATA_ENTRIES_MAX, {
      message: `must have at most ${METADATA_ENTRIES_MAX} entries`,
    }),
);

export const RunBody = once(() =>
  z.strictObject({
    input: z.string().min(1).describe("What the agent is asked to do; stored and echoed as it came"),
    session_id: SessionIdText().optional(),
    metadata: Metadata().optional().describe("Names and values of your own, kept with the task"),
    version: VersionText().optional().describe("Version of the pack; the newest when absent"),
    tier: z.enum(TIERS).optional().describe("Model tier; the pack's or the default when absent"),
  }),
);

export const ReplayBody = once(() =>
  z.strictObject({
    from_step: z.int().min(0).max(1_000_000).default(0).describe("First step that runs anew"),
    version: VersionText().optional().describe("Version of the pack; the original task's when absent"),
    dry_run: z.boolean().default(false).describe("Calls no tool; recorded results stand in"),
  }),
);

export const PublishBody = once(() =>
  z.strictObject({
    pack: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/)
      .describe("The pack's folder among `files`"),
    files: z
      .record(z.string().min(1).max(512), z.string())
      .refine((files) => Object.keys(files).length <= PACK_FILES_MAX, {
        message: `must have at most ${PACK_FILES_MAX} files`,
      })
      .describe("Text of each file by its path, such as `hello/profession-pack.yaml`"),
    strict: z.boolean().default(false).describe("Unknown keys are errors instead of warnings"),
  }),
);

export const ListQuery = once(() =>
  z.strictObject({
    state: State().optional(),
    pack_id: PackIdText().optional(),
    limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
    cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe("`next_cursor` of the page before"),
  }),
);

export const EventsQuery = once(() =>
  z.strictObject({
    after: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional()
      .describe("Sequence of the last event you have; `Last-Event-ID` wins over it"),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(EVENT_LIMIT_MAX)
      .default(EVENT_LIMIT_DEFAULT)
      .describe("Events of a JSON page"),
  }),
);

export const Accepted = once(() =>
  z.object({ task_id: TaskIdText(), status: z.literal("queued"), pack_id: z.string() }),
);

export const ReplayAccepted = once(() => Accepted().extend({ replay_of: TaskIdText() }));

export const Status = once(() =>
  z.object({ task_id: TaskIdText(), state: State(), pack_id: z.string(), pack_version: z.string() }),
);

export const Task = once(
  () =>
    z.object({
      task_id: TaskIdText(),
      state: State(),
      pack_id: z.string(),
      pack_version: z.string(),
      pack_digest: z.string(),
      session_id: z.string().nullable(),
      input: z.string(),
      output: z.string().nullable(),
      finish_reason: z.enum(["stop", "tool_calls", "max_tokens", "refusal"]).nullable(),
      error: z.object({ code: z.enum(TASK_ERROR_CODES), message: z.string() }).nullable(),
      steps_taken: z.int(),
      attempt: z.int(),
      usage: z.object({
        input_tokens: z.int(),
        cache_read_tokens: z.int(),
        cache_write_tokens: z.int(),
        output_tokens: z.int(),
      }),
      cost_usd: z.string().nullable().describe("Decimal US dollars; null when a price is unknown"),
      created_at: Time(),
      updated_at: Time(),
      started_at: Time().nullable(),
      finished_at: Time().nullable(),
      trace_id: z.string(),
      metadata: z.record(z.string(), z.string()),
      replay_of: TaskIdText().exactOptional(),
      parent_task_id: TaskIdText().exactOptional().describe("The task that handed this one its work"),
    }) satisfies z.ZodType<TaskView>,
);

/** The answer to `Prefer: wait` when the task ended in time: the whole task, with the member that run answers have. */
export const Finished = once(() => Task().extend({ status: State() }));

const TaskItem = once(
  () =>
    z.object({
      task_id: TaskIdText(),
      state: State(),
      pack_id: z.string(),
      pack_version: z.string(),
      session_id: z.string().nullable(),
      created_at: Time(),
      updated_at: Time(),
    }) satisfies z.ZodType<TaskListItem>,
);

export const TaskList = once(() => z.object({ items: z.array(TaskItem()), next_cursor: z.string().nullable() }));

const Event = once(
  () =>
    z.object({
      seq: z.int().describe("Gapless from 1; 0 for stream.reset"),
      type: z.string(),
      at: Time(),
      data: z.record(z.string(), z.unknown()),
    }) satisfies z.ZodType<TaskEvent>,
);

export const EventPage = once(() =>
  z.object({ events: z.array(Event()), next: z.int().describe("`after` of the next page") }),
);

const File = once(
  () =>
    z.object({
      path: z.string().describe("Absolute, in the workspace"),
      bytes: z.int(),
      sha256: z.string(),
      modified_step: z.int().nullable().describe("Step that wrote it last; null for one that came from the session"),
    }) satisfies z.ZodType<TaskFile>,
);

export const FileList = once(() => z.object({ items: z.array(File()), next_cursor: z.null() }));

export const Cancelled = once(() => z.object({ task_id: TaskIdText(), state: State() }));

export const Pack = once(() =>
  z.object({
    pack_id: z.string(),
    version: z.string(),
    digest: z.string(),
    title: z.string(),
    risk_level: z.enum(["low", "medium", "high", "critical"]),
    tier: z.enum(TIERS).nullable(),
    input_max_length: z.int().describe("Characters"),
    published_at: Time(),
  }),
);

export const PackList = once(() => z.object({ items: z.array(Pack()), next_cursor: z.string().nullable() }));

const ErrorItem = once(() =>
  z.object({
    pointer: z.string().describe("JSON pointer into the body, or into `file`"),
    message: z.string(),
    file: z.string().optional(),
    line: z.int().optional(),
    column: z.int().optional(),
    found: z.string().optional(),
    expected: z.string().optional(),
  }),
);

export const Published = once(() => Pack().extend({ warnings: z.array(ErrorItem()) }));

export const Health = once(() => z.object({ status: z.literal("ok") }));
export const Ready = once(() =>
  z.object({
    status: z.literal("ready"),
    checks: z.record(z.string(), z.enum(["ok", "degraded", "failed"])),
    database: z
      .object({
        schema_version: z.int().nullable().describe("Number of the last migration; null while it is not known"),
        role_is_safe: z.boolean().nullable().describe("Whether row-level security holds for the role; null likewise"),
      })
      .nullable()
      .describe("Null without a database"),
  }),
);

const CODES = Object.keys(ERRORS);

export const Problem = once(() =>
  z.object({
    type: z.string().describe("Where the code is explained"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(CODES),
    message: z.string().describe("The same as `detail`"),
    trace_id: z.string(),
    tenant_id: z.string().optional(),
    retryable: z.boolean(),
    errors: z.array(ErrorItem()).optional(),
  }),
);
