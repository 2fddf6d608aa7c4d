/** A pack with a tool of its own, published to the real registry, and calls of it over real isolates. */
import { env as bindings } from "cloudflare:workers";
import type { Bindings } from "../../src/bindings.ts";
import {
  bundlePath,
  composePack,
  createPackRegistry,
  SHARED_SHELF,
  type ToolBundle,
  toBundleFile,
} from "../../src/pack/index.ts";
import { assert, createLog, systemClock } from "../../src/platform/index.ts";
import { collectTools, compileCatalog, createToolHost, type ToolFile } from "../../src/tool/index.ts";
import { runnerFor } from "./call-tool.ts";
import { SCOPED, tool } from "./samples.ts";

export const env = bindings as unknown as Bindings; // the bindings of wrangler.toml, by their own type

export type Setup = {
  readonly owner?: string;
  readonly sandbox?: string;
  readonly more?: string;
  readonly publish?: boolean;
  /** What stands above the tool, and runs when it is loaded. */
  readonly top?: string;
  /** Places of this machine that its network opens to; with any, `network: full` is allowed too. */
  readonly localOrigins?: readonly string[];
};

type Call = {
  readonly tenant: string;
  readonly args: object;
  /** The shelf its pack is on. */
  readonly owner: string;
  readonly files?: readonly ToolFile[];
  readonly signal?: AbortSignal;
};

/** A published pack with one tool of its own whose `run` has this body. */
export async function hostFor(
  body: string,
  { owner = SHARED_SHELF, sandbox = SCOPED, more = "", publish = true, top = "", localOrigins = [] }: Setup = {},
) {
  const source = `${top} var __tool = { default: { async run(args, context) { ${body} } } };`;
  const bundle: ToolBundle = { id: "mine", source, description: "Mine", parameters: undefined };
  const manifest = `
schema_version: "1.0"
pack_id: "bringer"
version: "1.0.0"
risk_level: "low"
author: { name: "Tests" }
role: { title: T, domain: D, seniority: senior, goal: { primary: P } }
tools: { available: [${tool("mine", sandbox, more)}] }
`;
  const files = new Map([
    ["bringer/profession-pack.yaml", manifest],
    [bundlePath("bringer", "mine"), toBundleFile(bundle)],
  ]);
  const composed = await composePack(files, "bringer");
  assert(composed.ok, composed.ok ? "" : JSON.stringify(composed.error));
  const registry = createPackRegistry({ bucket: env.PACKS, clock: systemClock });
  if (publish) await registry.publish(owner, composed.value, { replaceable: true });
  const { config } = composed.value;
  const tools = collectTools(config, { allowFullNetwork: localOrigins.length > 0 });
  const catalog = compileCatalog(tools);
  const log = createLog({}, () => undefined);
  const host = createToolHost({ tools, catalog, runnerFor, localOrigins, clock: systemClock, log });
  return { catalog, host, owner, digest: config.tools.available[0]?.bundle };
}

export async function runPackTool(body: string, args: object = {}, setup: Setup & Pick<Call, "files" | "signal"> = {}) {
  const { host, owner } = await hostFor(body, setup);
  const { files, signal } = setup;
  const given = { ...(files === undefined ? {} : { files }), ...(signal === undefined ? {} : { signal }) };
  return callOn(host, { tenant: "tenant-123", args, owner, ...given });
}

export async function callOn(
  host: Awaited<ReturnType<typeof hostFor>>["host"],
  {
    tenant,
    args,
    owner,
    files = [{ path: "/workspace/a.txt", text: `of ${tenant}` }],
    signal = new AbortController().signal,
  }: Call,
) {
  const request = {
    tenant,
    taskId: "task-1",
    toolId: "mine",
    arguments: { ...args },
    key: crypto.randomUUID(),
    files: () => files,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    packOwner: owner,
  };
  const outcome = await host.execute(request, signal);
  return { ...outcome, result: JSON.parse(outcome.resultJson) };
}
