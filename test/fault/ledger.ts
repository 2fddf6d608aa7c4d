/** What the world outside saw: the only witness that an expectation may ask, besides the program itself. */

/** A tool that did something. */
export type Effect = {
  /** By the clock of the task that asked. */
  readonly at: number;
  readonly tenant: string;
  readonly taskId: string;
  readonly n: number;
  readonly kind: string;
  readonly key: string;
  /** What its isolate answered. */
  readonly answer: "ok" | "failed";
};

/** Something that a task asked for: when it left, by the world's clock. */
export type Start = {
  readonly what: "model" | "tool";
  readonly at: number;
  readonly taskId: string | null;
  readonly programId: string | null;
  readonly life: string;
};

export type Decided = {
  readonly taskId: string;
  readonly n: number;
  readonly step: number;
  readonly index: number;
  readonly kind: "approval" | "unknown_outcome";
  readonly decision: string;
  readonly at: number;
};

export type Billed = { readonly programId: string; readonly inputTokens: number; readonly outputTokens: number };

export class Witness {
  readonly effects: Effect[] = [];
  readonly starts: Start[] = [];
  /** Decisions that were taken, by those who were told so. */
  readonly decisions: Decided[] = [];
  readonly bills: Billed[] = [];
  /** Turns that came to nothing, by program and by what the provider answered. */
  readonly failures = new Map<string, string[]>();
  /** The prompts that a program's turns were asked with. */
  readonly prompts = new Map<string, Set<string>>();
  /** Task -> when a client was told that it is cancelled. */
  readonly cancelled = new Map<string, number>();
  /** Task -> when somebody first asked for its end. */
  readonly cancelAsked = new Map<string, number>();
  /** What should not have been seen at all. */
  readonly breaches: string[] = [];
}
