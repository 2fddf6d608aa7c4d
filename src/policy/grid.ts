/** Questions of every kind, for comparing two policies where nothing was recorded: each fact with each other one. */
import type { Label, ToolQuestion } from "./types.ts";

const RISKS = ["low", "medium", "high", "critical"] as const;
const CLASSES = ["public", "internal", "confidential", "restricted"] as const;
const LABELS: readonly Label[] = ["reads_untrusted", "reads_private", "writes", "external"];
/** Night, day, evening: rules about hours are found by one of them. */
const HOURS = [3, 12, 21] as const;

const subsetsOf = (labels: readonly Label[]): Label[][] =>
  Array.from({ length: 2 ** labels.length }, (_, bits) => labels.filter((_label, at) => (bits >> at) % 2 === 1));

/** Whom and what the questions are about: rules that name one of them need it named here. */
export type Subject = {
  readonly tenant: string;
  readonly packId: string;
  readonly toolId: string;
  readonly region: string | null;
};

/** 6,144 questions. */
export const questionGrid = ({ tenant, packId, toolId, region }: Subject): ToolQuestion[] =>
  RISKS.flatMap((risk_level) =>
    CLASSES.flatMap((data_classification) =>
      subsetsOf(LABELS).flatMap((labels) =>
        subsetsOf(LABELS.slice(0, 2)).flatMap((taint) =>
          [[], ["The pack asks for a person."]].flatMap((needs) =>
            HOURS.map(
              (hour): ToolQuestion => ({
                ...{ version: 1, action: "tool.call", tenant, at: { hour, weekday: 3 }, region, taint, needs },
                pack: { id: packId, version: "1.0.0", risk_level: "low", data_classification },
                tool: { id: toolId, risk_level, labels },
              }),
            ),
          ),
        ),
      ),
    ),
  );
