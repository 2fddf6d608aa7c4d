/**
 * Why the firewall wants a person before a call, as sentences for the policy's `needs`: what a judge found earlier in the
 * task, and data that a tool would send out. Pure but for what it reads of the run; the sentences hold nothing that a
 * user or a model wrote.
 */
import { argumentRulesOf, findData } from "../../guard/index.ts";
import type { Label } from "../../policy/index.ts";
import { HANDOFF_TOOL_ID } from "../../tool/index.ts";
import type { Run } from "../loop/run.ts";
import { brokenRulesOf } from "./answer-found.ts";

type Call = { readonly step: number; readonly toolId: string; readonly arguments: Readonly<Record<string, unknown>> };

export function needsOfGuard(run: Run, { step, toolId, arguments: given }: Call): readonly string[] {
  const labels = labelsOf(run, toolId);
  const sends = labels.includes("external");
  return [
    ...(sends || labels.includes("writes") ? judgedNeeds(run, step) : []),
    ...(sends ? dataNeeds(run, given) : []),
  ];
}

/** Another task writes and sends out what this one hands it, and neither what was found here nor these rules go along. */
const labelsOf = ({ catalog }: Run, toolId: string): readonly Label[] =>
  toolId === HANDOFF_TOOL_ID ? ["writes", "external"] : catalog.labelsOf(toolId);

function judgedNeeds(run: Run, step: number): string[] {
  const { inputTriggers = [] } = run.row();
  const rules = run
    .history()
    .steps.filter(({ n }) => n < step)
    .flatMap(({ n, found }) => [...(found?.rules ?? []), ...brokenRulesOf(run, n)]);
  const needs = [
    ...inputTriggers.map((trigger) => `The judge found in the input what the pack wants a person for: ${trigger}.`),
    ...rules.map((rule) => `The judge found an earlier answer of this task against a rule of the pack: ${rule}.`),
  ];
  return [...new Set(needs)];
}

function dataNeeds(run: Run, given: Call["arguments"]): string[] {
  if (!argumentRulesOf(run.config.guardrails).holds) return [];
  const { labels, isWhole } = findData(given);
  return [
    ...(labels.length === 0 ? [] : [`It would send out personal data or secrets (${labels.join(", ")}).`]),
    ...(isWhole ? [] : ["It would send out more text than is searched for personal data and secrets."]),
  ];
}
