/** The questions that a policy is asked, and its answer. A question holds names and labels, never what a user or a model wrote. */

type Level = "low" | "medium" | "high" | "critical";
export type Label = "reads_untrusted" | "reads_private" | "writes" | "external";

/** Where and when: `hour` 0 to 23 and `weekday` 1 (Monday) to 7, both UTC, so that equal questions stay equal for an hour. */
export type Circumstances = {
  readonly at: { readonly hour: number; readonly weekday: number };
  /** As the operator names it; null when it has no name. */
  readonly region: string | null;
};

export type PackFacts = {
  readonly id: string;
  readonly version: string;
  readonly risk_level: Level;
  readonly data_classification: "public" | "internal" | "confidential" | "restricted";
};

export type ToolQuestion = Circumstances & {
  readonly version: 1;
  readonly action: "tool.call";
  readonly tenant: string;
  readonly pack: PackFacts;
  readonly tool: { readonly id: string; readonly risk_level: Level; readonly labels: readonly Label[] };
  /** Labels of the tools whose results came into the task before this call was asked for. */
  readonly taint: readonly Label[];
  /** Why the pack and its procedures ask for a person, as sentences. */
  readonly needs: readonly string[];
};

export type PackQuestion = Circumstances & {
  readonly version: 1;
  readonly action: "pack.use";
  readonly tenant: string;
  readonly pack: Pick<PackFacts, "id" | "version">;
};

export type HandoffQuestion = Circumstances & {
  readonly version: 1;
  readonly action: "handoff";
  readonly tenant: string;
  readonly pack: PackFacts & {
    /** Packs that it may hand over to, by its own word. */
    readonly handoffs: readonly string[];
  };
  readonly target: { readonly tenant: string; readonly pack_id: string };
  /** As of a call. */
  readonly taint: readonly Label[];
  /** How often the work will have been handed over then. */
  readonly depth: number;
};

/** A call of the API. Who stands behind it: the roles of a key, the scopes of a token, or both. */
export type AccessQuestion = Circumstances & {
  readonly version: 1;
  readonly action: "api.call";
  /** `*` where the call is for no tenant in particular, or it is not known yet for which. */
  readonly tenant: string;
  readonly principal: { readonly roles: readonly string[]; readonly scopes: readonly string[] };
  /** What the call asks for. */
  readonly scope: string;
};

export type PolicyQuestion = ToolQuestion | PackQuestion | HandoffQuestion | AccessQuestion;

export const EFFECTS = ["allow", "ask", "deny"] as const;
export type Effect = (typeof EFFECTS)[number];
/** `audit`: the call leaves a row in the audit log whatever the pack says. `four_eyes`: the requester may not approve it. */
export type Obligation = "audit" | "four_eyes";
export type Reason = {
  /** Of the policy; bounded in number, so it may be counted. */
  readonly rule: string;
  readonly message: string;
};

export type Decision = {
  readonly effect: Effect;
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
  /** What decided: the digest of a compiled policy, or the name and revision of another engine's; a `+` between two. */
  readonly policy: string;
  /** False: it is recorded, and changes nothing. */
  readonly isEnforced: boolean;
  /** What policies on trial said beside one that is enforced. */
  readonly trials?: readonly Trial[];
};

export type Trial = Pick<Decision, "effect" | "reasons" | "policy">;

export interface PolicyEngine {
  /** Never rejects: what cannot be decided is denied, and the reason's rule says why (`error`, `timeout`, `undefined`). */
  decide(question: PolicyQuestion): Promise<Decision>;
}
