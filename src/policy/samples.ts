/** A harmless question of each kind that a tenant's policy is asked. Pure. */
import type { Circumstances, HandoffQuestion, PackFacts, PackQuestion, ToolQuestion } from "./types.ts";

const PLACE = { version: 1, at: { hour: 12, weekday: 3 }, region: null } as const satisfies Circumstances & {
  version: 1;
};
const PACK: PackFacts = { id: "sample", version: "1.0.0", risk_level: "low", data_classification: "internal" };

export const sampleQuestions = (tenant: string): readonly (PackQuestion | ToolQuestion | HandoffQuestion)[] => [
  { ...PLACE, action: "pack.use", tenant, pack: { id: PACK.id, version: PACK.version } },
  {
    ...{ ...PLACE, action: "tool.call", tenant, pack: PACK, taint: [], needs: [] },
    tool: { id: "file_manager", risk_level: "low", labels: [] },
  },
  {
    ...{ ...PLACE, action: "handoff", tenant, target: { tenant, pack_id: "other" }, taint: [], depth: 1 },
    pack: { ...PACK, handoffs: ["other"] },
  },
];
