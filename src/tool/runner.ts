/** What passes between a tool host and the entrypoint that runs isolates (`object.ts`). */
import type { EgressGrant } from "./egress.ts";
import type { EngineName } from "./engine.ts";
import type { EgressRecord } from "./types.ts";

/** Set by the task's object when it makes the entrypoint, out of reach of whoever calls it. */
export type ToolRunnerProps = { readonly tenant: string; readonly taskId: string; readonly toolId: string };

export type RunnerCall = {
  readonly engine: EngineName;
  /** The pack's own code for the engine `pack-tool`: on whose shelf it is kept, and its SHA-256. */
  readonly code?: { readonly owner: string; readonly digest: string };
  /** Digest of the tool's policy: an isolate is shared by calls of one tenant, one code and one policy only. */
  readonly policyDigest: string;
  /** Final: past it the isolate is stopped. */
  readonly timeoutMs: number;
  readonly cpuMs: number;
  readonly requestJson: string;
  /** Absent: the call gets no gateway, so it reaches nothing. */
  readonly egress?: EgressGrant;
};

export type RunnerAnswer = RunnerEnd & {
  /** What the call's gateway decided. Absent when it was not asked. */
  readonly egress?: readonly EgressRecord[];
};

type RunnerEnd =
  /** Written by the isolate, so to be parsed as an attacker's. */
  | { readonly kind: "answer"; readonly json: string }
  | { readonly kind: "timeout" | "cancelled" | "too_large" }
  /** The isolate threw, answered no text, or was stopped by the platform. Its words stay with it. */
  | { readonly kind: "failed" }
  /** The isolate's code could not be loaded: a fault of the installation. The message is for the log. */
  | { readonly kind: "unavailable"; readonly message: string };
