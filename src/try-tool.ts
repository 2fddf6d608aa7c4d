/**
 * A Worker that runs calls of a pack's tools and nothing else, for `vasini pack test`: the real registry, host, runner and
 * isolates, in a runtime that lives as long as the command. Never deployed; nothing it runs has a network.
 */
import { type AgentConfig, createPackRegistry, SHARED_SHELF } from "./pack/index.ts";
import { createLog, systemClock } from "./platform/index.ts";
import {
  collectTools,
  compileCatalog,
  createDirectRunner,
  createToolHost,
  type IsolateBindings,
  type ToolFile,
} from "./tool/index.ts";

/** What the command sends; it made every part of it itself. */
export type Trial = {
  readonly config: AgentConfig;
  /** Code of the pack's tools by its digest. */
  readonly bundles: readonly (readonly [digest: string, code: string])[];
  readonly digest: string;
  readonly toolId: string;
  readonly arguments: { readonly [name: string]: unknown };
  readonly files: readonly ToolFile[];
  /** The same for every repetition of the call. */
  readonly key: string;
};

const TENANT = "pack-test";
const TRACEPARENT = "00-00000000000000000000000000000001-0000000000000001-01";

/** As the pack has them, but for the network: a test must not depend on somebody else's server. */
function withoutNetwork(config: AgentConfig): AgentConfig {
  const available = config.tools.available.map((tool) => ({
    ...tool,
    sandbox: { ...tool.sandbox, network: "none" as const, egress_allowlist: [] },
  }));
  return { ...config, tools: { ...config.tools, available } };
}

export default {
  async fetch(request, env): Promise<Response> {
    const trial = await request.json<Trial>();
    const registry = createPackRegistry({ bucket: env.PACKS, clock: systemClock });
    const pack = { config: trial.config, digest: trial.digest, bundles: new Map(trial.bundles), warnings: [] };
    await registry.publish(SHARED_SHELF, pack, { replaceable: true });
    const tools = collectTools(withoutNetwork(trial.config));
    const catalog = compileCatalog(tools);
    const { toolId, arguments: args, files, key } = trial;
    const refusal = catalog.admit({ toolId, arguments: { kind: "object", value: args }, callsBefore: 0 });
    if (refusal !== null) return Response.json({ success: false, resultJson: "null", error: refusal, changes: [] });
    const host = createToolHost({
      tools,
      catalog,
      runnerFor: ({ tenant }) => createDirectRunner(env, tenant, systemClock),
      clock: systemClock,
      log: createLog({}, () => undefined),
    });
    const place = { tenant: TENANT, taskId: "test", toolId, traceparent: TRACEPARENT };
    const call = { ...place, arguments: args, key, files: () => files };
    // Whether a person has to agree is the pack's affair with its users, not with its tests.
    const approved = { ...call, packOwner: SHARED_SHELF, isApproved: true };
    return Response.json(await host.execute(approved, request.signal));
  },
} satisfies ExportedHandler<IsolateBindings>;
