/** What a task object needs from the rest of the system; `index.ts` builds it from the bindings. */
import type { ShortTermMemory } from "../memory/index.ts";
import type { ModelRouter } from "../model/index.ts";
import type { AgentConfig } from "../pack/index.ts";
import type { CancelSignal, Clock, Log, Random } from "../platform/index.ts";
import type { Label, PolicyEngine } from "../policy/index.ts";
import type { ListRequest, RemoteServer, ToolCatalog, ToolFile, ToolHost } from "../tool/index.ts";
import type { ChildReport } from "./handoff/handoff.ts";
import type { ProjectionPort } from "./projection/projection.ts";
import type { ApprovalItem, CancelOutcome, CreateOutcome, CreateTask, TaskListItem } from "./types.ts";

/** What the index keeps of a task. `version` grows with every report, so that a late one changes nothing. */
export type IndexReport = TaskListItem & {
  readonly version: number;
  /** Epoch milliseconds at which a task that waits wakes by itself; absent when it does not, or does not wait. */
  readonly due_at?: number;
};

/** A task's approvals as they are. `version` grows as that of a report does. */
export type ApprovalsReport = {
  readonly task_id: string;
  readonly version: number;
  readonly items: readonly ApprovalItem[];
};

export interface TenantIndexPort {
  /** Makes the task known. A repetition or a late report changes nothing. */
  register(report: IndexReport): Promise<void>;
  /** A running slot for SLOT_LEASE_MS, or not now: the release of another kicks this task. */
  acquire(report: IndexReport): Promise<boolean>;
  /** Extends the slot's lease. */
  renew(taskId: string): Promise<void>;
  /** Gives the slot back and records the state the task went to. */
  release(report: IndexReport): Promise<void>;
  /** False: the list has no room for one that is open. A repetition or a late report changes nothing. */
  reportApprovals(report: ApprovalsReport): Promise<boolean>;
  /** The task's retention is over. */
  forget(taskId: string): Promise<void>;
}

/** The version of a pack that a run of the tenant would take now. */
export type HandoffTarget = Pick<CreateTask, "pack_version" | "pack_digest" | "pack_owner" | "tier"> & {
  /** Whether the tenant may use the tier. */
  readonly isAllowed: boolean;
  /** In characters. */
  readonly inputMaxLength: number;
};

/** What a task asks of its children and its parent. */
export interface RelatedTask {
  create(args: CreateTask): Promise<CreateOutcome>;
  cancel(): Promise<CancelOutcome>;
  /** Null when there is no such task, or when it is nobody's child. */
  childReport(): Promise<ChildReport | "going" | null>;
  /** Resolves when the parent has taken it, or has no use for it. */
  childEnded(report: ChildReport): Promise<void>;
}

export interface HandoffPort {
  /** Null when the tenant can run no such pack. */
  resolve(tenant: string, packId: string): Promise<HandoffTarget | null>;
  /** Creates the task and sees to it that it starts; a repetition changes nothing. */
  start(child: CreateTask): Promise<CreateOutcome["kind"]>;
  taskOf(tenant: string, taskId: string): RelatedTask;
}

/** What a task leaves to the next one of its session. */
export type LeftFiles = {
  readonly files: readonly ToolFile[];
  /** What had come into the task, and may be in them. */
  readonly taint: readonly Label[];
};

export type TaskServices = {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly router: ModelRouter;
  /** The composed pack by digest; null when the registry no longer has it. */
  readonly loadPack: (owner: string, digest: string) => Promise<AgentConfig | null>;
  readonly renderPrompt: (config: AgentConfig) => string;
  /** @param remote what the pack's remote servers have. */
  readonly toolsFor: (
    config: AgentConfig,
    remote: readonly RemoteServer[],
  ) => { readonly catalog: ToolCatalog; readonly host: ToolHost };
  /** Asks them. Rejects only when the signal aborts. */
  readonly listRemoteTools: (
    config: AgentConfig,
    request: ListRequest,
    signal: CancelSignal,
  ) => Promise<readonly RemoteServer[]>;
  /** Asked before every call, and where the runs are, as the operator names it. */
  readonly policy: { readonly engine: PolicyEngine; readonly region: string | null };
  readonly memory: ShortTermMemory;
  /** The workspace of another task of the tenant; null when that task is gone, files alone from code of before the taint. */
  readonly filesOf: (tenant: string, taskId: string) => Promise<LeftFiles | readonly ToolFile[] | null>;
  readonly handoff: HandoffPort;
  /** Null without a database: then the index alone answers lists. */
  readonly projection: ProjectionPort | null;
  readonly indexOf: (tenant: string) => TenantIndexPort;
  readonly retentionMs: number;
};
