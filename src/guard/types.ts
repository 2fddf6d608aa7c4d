/** What the prompt firewall answers: findings in a text, and what follows from them. */

export type FindingKind = "pii" | "secret" | "injection" | "jailbreak" | "content" | "unicode";

export type Finding = {
  readonly kind: FindingKind;
  /** What it is, such as `email` or `aws_access_key`. */
  readonly label: string;
  /** UTF-16 offsets into the text as it was given; the end is exclusive. */
  readonly start: number;
  readonly end: number;
  /** How sure the rule is, from 0 to 1. A checksum or a fixed format counts 0.95 or more. */
  readonly score: number;
};

/** From weakest to strongest. allow: nothing found. warn: found, the text passes as given. redact: the text differs. */
export const ACTIONS = ["allow", "warn", "redact", "block"] as const;
export type Action = (typeof ACTIONS)[number];

export type Verdict = {
  readonly action: Action;
  /** What may pass on; empty when blocked. */
  readonly text: string;
  /** In the order of their places. */
  readonly findings: readonly Finding[];
};
