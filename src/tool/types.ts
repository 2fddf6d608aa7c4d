/** What the task room asks of the tool room: a catalogue compiled once from a pack, and one call at a time. */
import type { CancelSignal } from "../platform/index.ts";
import type { FileChange, ToolErrorCode, ToolFile } from "./contract.ts";

/** Offered to the model. Same shape as the model room's ToolSchema; the rooms do not know each other. */
export type OfferedTool = {
  readonly id: string;
  readonly description: string;
  readonly parameters: { readonly [keyword: string]: unknown };
};

export type SandboxPolicy = {
  readonly timeoutMs: number;
  readonly memoryLimitBytes: number;
  /** Cores, as written in the pack; mapped to CPU time, an isolate has no cores. */
  readonly cpuLimit: number;
  readonly network: "none" | "egress_allowlist" | "full";
  /** Exact host names in ASCII, lower case. */
  readonly egressAllowlist: readonly string[];
  readonly filesystem: "none" | "read_only" | "read_write" | "scoped";
  readonly scopedPaths: readonly string[];
};

/** As the model sent them. */
export type CallArguments =
  | { readonly kind: "object"; readonly value: { readonly [name: string]: unknown } }
  | { readonly kind: "malformed"; readonly raw: string; readonly problem: string };

export type ToolCatalog = {
  readonly offered: readonly OfferedTool[];
  /** Calls of one turn that may run at once. */
  readonly maxConcurrent: number;
  readonly maxCallsPerTask: number;
  /**
   * Whether the call may run at all, decided before it starts: unknown and denied tools, malformed arguments, the
   * task's call limit. A refusal is an answer to the model and is recorded like any other.
   */
  admit(call: {
    readonly toolId: string;
    readonly arguments: CallArguments;
    /** Calls of this task that were recorded before this one. */
    readonly callsBefore: number;
  }): ToolRefusal | null;
  /** Display name for events; the id itself when the tool is unknown. */
  nameOf(toolId: string): string;
  /** Null: the tool's calls run without asking anybody. */
  approvalFor(toolId: string): ApprovalNeed | null;
  /** The pack's own word on the tool; `low` for one that the pack does not list. */
  riskOf(toolId: string): ApprovalNeed["riskLevel"];
  /**
   * What the tool brings into a task and does outside of it: as the pack says, and what follows from its network.
   * None for a tool that the pack does not list.
   */
  labelsOf(toolId: string): readonly ToolLabel[];
  /** Whether the tool's successes belong in the audit log. Everything else about it does in any case. */
  isAudited(toolId: string): boolean;
  /**
   * Whether a call whose outcome is unknown after a crash may simply be made again.
   * @param args of that call; some tools do in one action what another action of theirs must not do twice.
   */
  mayRepeat(toolId: string, args?: CallArguments): boolean;
};

export type ToolLabel = "reads_untrusted" | "reads_private" | "writes" | "external";

/** Why a person must agree before the call runs. */
export type ApprovalNeed = { readonly riskLevel: "low" | "medium" | "high" | "critical"; readonly reason: string };

export type ToolRefusal = { readonly code: ToolErrorCode; readonly message: string };

export type ToolCallRequest = {
  readonly tenant: string;
  readonly taskId: string;
  readonly toolId: string;
  readonly arguments: { readonly [name: string]: unknown };
  /** sha256(task, step, call index): the same for every repetition. */
  readonly key: string;
  /** The workspace as it is when the call begins. Asked for once, and not for a tool that sees none of it. */
  readonly files: () => readonly ToolFile[];
  readonly traceparent: string;
  /** The shelf of the registry that the task's pack is on. Only a pack's own tools need it. */
  readonly packOwner?: string;
  /** A person agreed to this very call, which is checked and used up before it comes here. Absent: nobody did. */
  readonly isApproved?: boolean;
};

/** What the gateway decided about one request of a call, and what came of it. Names and numbers only, no content. */
export type EgressRecord = {
  /** As it was read; empty when the URL had none. */
  readonly host: string;
  readonly method: string;
  readonly allowed: boolean;
  /** Absent when there was no answer. */
  readonly status?: number;
  /** Why it was not allowed, or got no answer. */
  readonly reason?: string;
  readonly sent_bytes: number;
  readonly received_bytes: number;
  /** Names of the secrets that were added. */
  readonly secrets?: readonly string[];
};

export type ToolOutcome = {
  readonly success: boolean;
  /** JSON text, at most RESULT_BYTES_MAX; "null" when the call failed. */
  readonly resultJson: string;
  readonly error: { readonly code: ToolErrorCode; readonly message: string } | null;
  readonly durationMs: number;
  /** Checked against the call's scopes and quotas; empty when the call failed. */
  readonly changes: readonly FileChange[];
  /** It was begun, and what came of it is not known: it may have taken effect. */
  readonly isInDoubt?: true;
  /** What a pack's own tool wrote to its console, cut to CONSOLE_CHARS_MAX; absent when that is nothing. */
  readonly console?: string;
  /** Every request of the call in order, at most EGRESS_REQUESTS_MAX. Absent when there was none. */
  readonly egress?: readonly EgressRecord[];
};

export interface ToolHost {
  /**
   * Runs one admitted call to its end. Rejects only when `signal` aborts, with its reason.
   * @param onBroken called when it aborts in mid-call, with what the call's gateway had decided, once that is known; it
   * never rejects. Not called for a call that reached no isolate.
   */
  execute(
    request: ToolCallRequest,
    signal: CancelSignal,
    onBroken?: (egress: Promise<readonly EgressRecord[]>) => void,
  ): Promise<ToolOutcome>;
  /** Gives back what was kept between calls: the run has no more of them. */
  close(): void;
}
