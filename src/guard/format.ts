/**
 * Whether an answer has the form that its pack asks for: JSON that meets a schema, with the required statements in it.
 * Without a schema the statements are added to the answer instead, so there is nothing to find wrong.
 */
import { Validator } from "@cfworker/json-schema";
import type { Guardrails } from "../pack/index.ts";
import { FAULTS_TOLD_MAX } from "./limits.ts";

type Asked = Pick<Guardrails, "output" | "behavioral">;

/** A sentence for each fault, the first FAULTS_TOLD_MAX of them; none when the answer will do. */
export type FindFaults = (text: string) => readonly string[];

export function createFormatCheck({ output, behavioral }: Asked): FindFaults {
  const { schema } = output;
  if (schema === undefined) return () => [];
  // Made once, with the first answer: most turns of a task are none.
  let validator: Validator | null = null;
  return (text) => {
    const parsed = parse(text);
    if (parsed === null) return ["The answer is not one JSON document and nothing beside it."];
    validator ??= new Validator(schema, "2020-12", false);
    const { errors } = validator.validate(parsed.value);
    // Innermost first: what holds a fault is named after it, and says less.
    const faults = errors.map(
      ({ instanceLocation, error }) => `${instanceLocation.replace(/^#/, "") || "/"}: ${error}`,
    );
    const missing = missingStatements(parsed.value, behavioral.required_disclaimers);
    return [...faults.slice(-FAULTS_TOLD_MAX).reverse(), ...missing.map((one) => `This statement is missing: ${one}`)];
  };
}

function parse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null; // That it is no JSON is what was asked.
  }
}

const textsIn = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];

const missingStatements = (value: unknown, required: readonly string[]): string[] => {
  const texts = textsIn(value);
  return required.filter((statement) => !texts.some((text) => text.includes(statement)));
};

/** What the model is told once: its answer, what is wrong with it, and what is asked instead. */
export const toRepairRequest = (faults: readonly string[], { output }: Pick<Guardrails, "output">): string =>
  [
    "Your answer cannot be given as it is:",
    ...faults.slice(0, FAULTS_TOLD_MAX).map((fault) => `- ${fault}`),
    output.schema === undefined
      ? "Give the whole answer again without that, and nothing beside it."
      : "Give the whole answer again, as JSON that meets the schema of the rules, and nothing beside it.",
  ].join("\n");

/** What has to be added to an answer so that it holds every required statement, word for word; empty when it does. */
export function missingDisclaimers(text: string, { output, behavioral }: Asked): string {
  if (output.schema !== undefined) return "";
  return behavioral.required_disclaimers
    .filter((statement) => !text.includes(statement))
    .map((statement) => `\n\n${statement}`)
    .join("");
}
