/** What decides: the compiled policy of this Worker, or the operator's own engine; enforced, or on trial. Wiring only. */
import type { Config } from "./env.ts";
import { type Log, systemClock } from "./platform/index.ts";
import {
  createEmbeddedPolicy,
  createExternalPolicy,
  DEFAULT_POLICY,
  logOnly,
  type PolicyEngine,
} from "./policy/index.ts";
import { policyModule } from "./policy/object.ts";

/** Once per isolate: the compiled policy keeps its memory between questions. */
export function createPolicy({ opaUrl, mode, region }: Config["policy"], log: Log) {
  const engine: PolicyEngine =
    opaUrl === null
      ? createEmbeddedPolicy({ module: policyModule, digest: DEFAULT_POLICY.digest, log })
      : createExternalPolicy({ url: opaUrl, clock: systemClock, log, fetch: (input, init) => fetch(input, init) });
  return { engine: mode === "log" ? logOnly(engine) : engine, region };
}
