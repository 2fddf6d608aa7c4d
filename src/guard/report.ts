/** A verdict as people and programs are told of it, without the text. Pure. */
import { EVENT_FINDINGS_MAX } from "./limits.ts";
import type { Verdict } from "./types.ts";

/** Null when there is nothing to tell. Never holds anything of the text itself. */
export function reportOf({ action, findings }: Omit<Verdict, "text">): { readonly [name: string]: unknown } | null {
  if (findings.length === 0) return null;
  const more = findings.length - EVENT_FINDINGS_MAX;
  return { action, findings: findings.slice(0, EVENT_FINDINGS_MAX), ...(more > 0 ? { more_findings: more } : {}) };
}

/** The labels of what was found, each once: `email, card`. */
export const labelsOf = (verdict: Pick<Verdict, "findings">): string =>
  [...new Set(verdict.findings.map(({ label }) => label))].join(", ");
