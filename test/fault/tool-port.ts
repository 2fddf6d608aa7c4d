/** The isolates of a simulated world: a call does its work when it arrives, whoever still waits for the answer. */
import type { Random } from "../../src/platform/index.ts";
import type { RunnerAnswer, RunnerStub, ToolRunnerProps } from "../../src/tool/index.ts";
import type { Faults } from "./faults.ts";
import type { Witness } from "./ledger.ts";
import type { Life } from "./life.ts";

export type ToolPorts = {
  readonly witness: Witness;
  readonly faults: Faults;
  readonly random: Random;
  /** The world's clock, which may not be the task's. */
  readonly now: () => number;
};

/** Longest that a call works, in milliseconds. */
const WORK_MS_MAX = 1_500;

export const createToolPort =
  ({ witness, faults, random, now }: ToolPorts, life: Life) =>
  ({ tenant, taskId }: ToolRunnerProps): RunnerStub => ({
    run: async ({ requestJson }) => {
      const { n, name, key } = parseCall(requestJson);
      witness.starts.push({ what: "tool", at: now(), taskId, programId: null, life: life.name });
      const work = (): RunnerAnswer => {
        const isFailing = faults.strikes(40, 0.15);
        witness.effects.push({
          at: life.clock.now(),
          tenant,
          taskId,
          n,
          kind: name,
          key,
          answer: isFailing ? "failed" : "ok",
        });
        if (isFailing) return { kind: "failed" };
        return { kind: "answer", json: JSON.stringify({ ok: true, result: { n, name }, changes: [] }) };
      };
      return life.ask("tool", work, { workMs: random() * WORK_MS_MAX });
    },
  });

/** What the host sends to the isolate of remote servers. */
function parseCall(json: string): { readonly n: number; readonly name: string; readonly key: string } {
  const request: {
    readonly key: string;
    readonly arguments: { readonly name: string; readonly arguments: { readonly n: number } };
  } = JSON.parse(json);
  return { n: request.arguments.arguments.n, name: request.arguments.name, key: request.key };
}
