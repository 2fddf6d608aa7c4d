/**
 * What the doors may ask of a task, and what comes back: plain data that survives the trip between isolates.
 * Field names of the views are those of the wire (docs/rest.md), so a door adds nothing and renames nothing.
 */
import type { FinishReason } from "../model/index.ts";
import type { Label } from "../policy/index.ts";

export const TASK_STATES = [
  "queued",
  "running",
  "waiting",
  "retry",
  "done",
  "failed",
  "cancelled",
  "dead_letter",
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** `error.code` of a task that ended badly. */
export const TASK_ERROR_CODES = [
  "MAX_STEPS",
  "LOOP_DETECTED",
  "DEADLINE_EXCEEDED",
  "ATTEMPTS_EXHAUSTED",
  "PROVIDER_AUTH",
  "PROVIDER_BUDGET",
  "PROVIDER_UNAVAILABLE",
  "CONTEXT_TOO_LONG",
  "INPUT_BLOCKED",
  "OUTPUT_BLOCKED",
  "OUTPUT_TOO_LONG",
  "STORAGE_LIMIT",
  "BUDGET_EXHAUSTED",
  "PACK_NOT_FOUND",
  "PACK_REVOKED",
] as const;
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

export type CreateTask = {
  readonly tenant: string;
  readonly task_id: string;
  readonly pack_id: string;
  readonly pack_version: string;
  readonly pack_digest: string;
  /** Where the registry keeps the composed pack: the tenant's own shelf or the shared one. */
  readonly pack_owner: string;
  readonly input: string;
  readonly session_id: string | null;
  readonly metadata: { readonly [name: string]: string };
  /** Null: the pack's tier, else the configured default. Resolved by the door, so never null here. */
  readonly tier: "tier-1" | "tier-2" | "tier-3";
  /** As the client sent it. */
  readonly idempotency_key: string;
  /** SHA-256 over the canonical request: what "the same request" means for an idempotency key. */
  readonly fingerprint: string;
  readonly trace_id: string;
  readonly traceparent: string;
  /** Who started it, as credentials name them; a pack with four eyes does not let them decide. Null: not known. */
  readonly requested_by: string | null;
  readonly replay: ReplayPlan | null;
  /** Whether it starts by itself, with a slot that is asked for as it is made known; else whoever creates it kicks it. Not kept. */
  readonly starts_itself?: boolean;
  /** Absent: a client started it. */
  readonly parent?: ParentLink;
};

/** The task that handed this one its work, and what it may use of what that one has left. */
export type ParentLink = {
  readonly task_id: string;
  /** Of the call that handed it over. */
  readonly step: number;
  readonly index: number;
  /** How often the work was handed on, from 1. */
  readonly depth: number;
  /** Milliseconds from its acceptance, without those that it waits for a person. */
  readonly time_ms: number;
  /** For its own model calls and those of everything that it hands on. */
  readonly cost_limit_micros: number;
  /** The parent's turns whose cost nobody told: each may have cost as much as a call can. */
  readonly uncounted: number;
  /** What had come into the parent when it asked; absent in links made before it was kept. */
  readonly taint?: readonly Label[];
};

export type ReplayPlan = {
  readonly source_task_id: string;
  /** Steps below this are taken from `journal`; 0 takes none. */
  readonly from_step: number;
  readonly dry_run: boolean;
  /** Opaque to the doors: what TaskObject.exportJournal returned. */
  readonly journal: string;
};

export type CreateOutcome =
  | { readonly kind: "created" | "existing"; readonly state: TaskState; readonly pack_id: string }
  /** The id is taken by another request (other fingerprint). */
  | { readonly kind: "key_reused" }
  /** The task ended and its retention is over: the key cannot create again. */
  | { readonly kind: "gone" };

export type TaskView = {
  readonly task_id: string;
  readonly state: TaskState;
  readonly pack_id: string;
  readonly pack_version: string;
  readonly pack_digest: string;
  readonly session_id: string | null;
  readonly input: string;
  readonly output: string | null;
  readonly finish_reason: FinishReason | null;
  readonly error: { readonly code: TaskErrorCode; readonly message: string } | null;
  readonly steps_taken: number;
  readonly attempt: number;
  readonly usage: {
    readonly input_tokens: number;
    readonly cache_read_tokens: number;
    readonly cache_write_tokens: number;
    readonly output_tokens: number;
  };
  /** Decimal string of US dollars; null when a price is unknown. */
  readonly cost_usd: string | null;
  /** RFC 3339. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly trace_id: string;
  readonly metadata: { readonly [name: string]: string };
  /** Set on a replay only. */
  readonly replay_of?: string;
  /** Set on a task that another one handed its work to. */
  readonly parent_task_id?: string;
};

export type TaskEvent = {
  /** Gapless from 1. */
  readonly seq: number;
  readonly type: string;
  /** RFC 3339. */
  readonly at: string;
  readonly data: { readonly [name: string]: unknown };
};

export type CancelOutcome =
  | { readonly kind: "cancelled"; readonly state: TaskState }
  | { readonly kind: "already_terminal"; readonly state: TaskState }
  | { readonly kind: "unknown" };

/** Why a person is asked: may the call run, or did it happen. */
export type ApprovalKind = "approval" | "unknown_outcome";

export const DECISIONS = ["approve", "reject", "happened", "did_not_happen", "retry"] as const;
export type Decision = (typeof DECISIONS)[number];

/** withdrawn: the task ended before anybody decided. */
export const APPROVAL_STATES = ["pending", "decided", "expired", "withdrawn"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export type ApprovalView = {
  /** `<task_id>.<n>`. */
  readonly approval_id: string;
  readonly kind: ApprovalKind;
  readonly state: ApprovalState;
  readonly task_id: string;
  readonly call_id: string;
  readonly tool_id: string;
  readonly tool_name: string;
  /** Exactly what the call would be made with, or was. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** SHA-256 of their canonical JSON. */
  readonly args_hash: string;
  readonly reason: string;
  readonly risk_level: "low" | "medium" | "high" | "critical";
  readonly pack_id: string;
  readonly pack_version: string;
  readonly pack_digest: string;
  readonly requested_by: string | null;
  /** RFC 3339. */
  readonly requested_at: string;
  readonly expires_at: string | null;
  readonly decision: Decision | null;
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly decision_reason: string | null;
  readonly used_at: string | null;
};

/** One row of the tenant's list. Arguments too long for a list are null there, never cut. */
export type ApprovalItem = Omit<ApprovalView, "used_at" | "arguments"> & {
  readonly arguments: ApprovalView["arguments"] | null;
};

export type Decide = {
  readonly decision: Decision;
  /** Who decides, as credentials name them. */
  readonly by: string;
  readonly reason: string | null;
  /** Of the arguments that were shown; null where none is asked for. */
  readonly args_hash: string | null;
  /** JSON text, with `happened`: what the call gave. */
  readonly result: string | null;
  /** The same for a repetition of one request by the platform, another for every request. */
  readonly request_key: string;
};

/** Codes of the door that a decision can be refused with. */
export type DecisionRefusal =
  | "DECISION_INVALID"
  | "APPROVAL_EXPIRED"
  | "APPROVAL_ALREADY_DECIDED"
  | "APPROVAL_ARGS_CHANGED"
  | "APPROVAL_SELF"
  | "APPROVAL_USED"
  | "ALREADY_TERMINAL";

export type DecideOutcome =
  | { readonly kind: "decided"; readonly approval: ApprovalView }
  | { readonly kind: "refused"; readonly code: DecisionRefusal; readonly message: string }
  | { readonly kind: "unknown" };

/** One file of a task's workspace. */
export type TaskFile = {
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The step whose tool call wrote it last; null for a file that the task began with, from its session. */
  readonly modified_step: number | null;
};

/** A stream of events. Disposed of, between isolates, or the object stays in memory for it. */
export type Followed = {
  readonly stream: ReadableStream<Uint8Array>;
  /** Where its end is: sequence of the last event in it, and whether the task has ended and has no other behind that. */
  readonly ending: () => Ending | Promise<Ending>;
} & Partial<Disposable>;

export type Ending = { readonly seq: number; readonly isOver: boolean };

/** The methods of a task's object that the doors, the queue and the index call. */
export interface TaskStub {
  create(args: CreateTask): Promise<CreateOutcome>;
  /** Null for a task that does not exist (or whose retention is over). Creates nothing. */
  view(): Promise<TaskView | null>;
  /**
   * The task once it has ended, or waits for somebody; after `ms` at the latest, as it is then. Null for an unknown task;
   * "full" at once when as many callers wait for it as may.
   */
  ended(ms: number): Promise<TaskView | "full" | null>;
  /** Null for an unknown task. At most `limit` events with seq > after; `next` is the cursor for the following page. */
  events(
    after: number,
    limit: number,
  ): Promise<{ readonly events: readonly TaskEvent[]; readonly next: number } | null>;
  /**
   * Server-sent events as bytes: every event with seq > after, then live ones, then the end: after the terminal event,
   * and after `task.waiting` for as long as the task waits, for an open stream would keep the object in memory for days.
   * Null for an unknown task; "ahead" when `after` is beyond the task's last event; "full" when the task has as many
   * readers as it may have.
   */
  subscribe(after: number): Promise<ReadableStream<Uint8Array> | null | "ahead" | "full">;
  /** The same, for a caller that does not read what it passes on. */
  follow(after: number): Promise<Followed | null | "ahead" | "full">;
  /** The workspace as it stands, in path order. Null for an unknown task. */
  listFiles(): Promise<readonly TaskFile[] | null>;
  /** The bytes of one file. Null for an unknown task; "missing" when it has no such file. */
  readFile(path: string): Promise<Uint8Array | "missing" | null>;
  cancel(): Promise<CancelOutcome>;
  /** Null when the task is unknown or never asked so often. @param n 1-based. */
  approval(n: number): Promise<ApprovalView | null>;
  /** The first decision that counts wins; the task goes on by itself. */
  decide(n: number, request: Decide): Promise<DecideOutcome>;
  /** Starts or restarts the run when it should be running and is not. Idempotent. Null for an unknown task. */
  kick(): Promise<TaskState | null>;
  /** The journal up to (not including) `beforeStep`, for a replay. Null for an unknown task. */
  exportJournal(beforeStep: number): Promise<{
    readonly journal: string;
    readonly steps: number;
    readonly request: Pick<
      CreateTask,
      "pack_id" | "pack_version" | "pack_digest" | "pack_owner" | "input" | "session_id" | "metadata" | "tier"
    >;
  } | null>;
}

/** One row of a list. */
export type TaskListItem = Pick<
  TaskView,
  "task_id" | "state" | "pack_id" | "pack_version" | "session_id" | "created_at" | "updated_at"
>;

/** What a tenant's index object answers about approvals; the database is not asked. */
export interface ApprovalListStub {
  /** Newest first. */
  listApprovals(query: {
    readonly state: ApprovalState | null;
    readonly limit: number;
    readonly before: string | null;
  }): Promise<{ readonly items: readonly ApprovalItem[]; readonly next: string | null }>;
}

/** The methods of a tenant's index object. */
export interface TenantIndexStub {
  list(query: {
    readonly state: TaskState | null;
    readonly pack_id: string | null;
    readonly limit: number;
    readonly before: string | null;
  }): Promise<{ readonly items: readonly TaskListItem[]; readonly next: string | null }>;
}
