/** Questions for policies under test. */
import type { ToolQuestion } from "../../src/policy/index.ts";

export const toolQuestion = (facts: Partial<ToolQuestion> = {}): ToolQuestion => ({
  version: 1,
  action: "tool.call",
  tenant: "acme",
  at: { hour: 10, weekday: 3 },
  region: null,
  pack: { id: "hello", version: "1.0.0", risk_level: "low", data_classification: "internal" },
  tool: { id: "file_manager", risk_level: "low", labels: [] },
  taint: [],
  needs: [],
  ...facts,
});
