/** What a pack's guardrails ask of the firewall, and what of them nothing here can check. Pure. */
import type { Guardrails } from "../pack/index.ts";

export type InputRules = {
  readonly sanitize: boolean;
  /** Whether attempts to take the model over are looked for; they are flagged, never refused. */
  readonly signals: boolean;
  /** Personal data and secrets. */
  readonly data: "off" | "warn" | "redact" | "block";
};

export type OutputRules = {
  /** Personal data, secrets, and images that would carry data away. */
  readonly data: "off" | "redact";
};

export type ArgumentRules = {
  /** Whether what a model asks tools to do is searched for data on its way out. */
  readonly search: boolean;
  /** Whether a person is asked before a tool that sends out is given some. */
  readonly holds: boolean;
};

export const inputRulesOf = ({ input }: Pick<Guardrails, "input">): InputRules => ({
  sanitize: input.sanitization,
  signals: input.jailbreak_detection,
  data: input.pii_detection.enabled ? input.pii_detection.action : "off",
});

export const outputRulesOf = ({ output }: Pick<Guardrails, "output">): OutputRules => ({
  data: output.pii_check ? "redact" : "off",
});

export const argumentRulesOf = ({ input, output }: Pick<Guardrails, "input" | "output">): ArgumentRules => ({
  search: output.pii_check || input.pii_detection.enabled || input.jailbreak_detection,
  holds: output.pii_check,
});

/** Every check there is: what a text is measured against when no pack says otherwise. */
export const EVERY_INPUT_RULE: InputRules = { sanitize: true, signals: true, data: "redact" };
export const EVERY_OUTPUT_RULE: OutputRules = { data: "redact" };
