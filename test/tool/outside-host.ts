/** A tool host over real isolates whose tools may reach the outside that the tests play; files live on from call to call. */
import { runInDurableObject } from "cloudflare:test";
import { env as bindings } from "cloudflare:workers";
import { inject } from "vitest";
import { SecretObject } from "../../src/api/object.ts";
import type { NewSecret } from "../../src/api/secret-record.ts";
import type { Bindings } from "../../src/bindings.ts";
import { assert, createLog, createSeal, parseTenantId, systemClock } from "../../src/platform/index.ts";
import { collectTools, compileCatalog, createToolHost, type ToolFile, type ToolOutcome } from "../../src/tool/index.ts";
import { runnerFor } from "./call-tool.ts";
import { composeConfig, SCOPED, tool, tools } from "./samples.ts";

export const outside = (): string => inject("outside").origin;

const env = bindings as unknown as Bindings; // the bindings of wrangler.toml

/** As the tenant's object keeps it, for a host of this machine that only these tests opened. */
export async function keepSecret(tenant: string, secret: NewSecret): Promise<void> {
  const { SECRETS_MASTER_KEY } = env;
  const id = parseTenantId(tenant);
  assert(typeof SECRETS_MASTER_KEY === "string" && id !== undefined, "the tests have a master key and a tenant");
  const log = createLog({}, () => undefined);
  const services = { clock: systemClock, log, seal: createSeal(SECRETS_MASTER_KEY), localOrigins: [outside()] };
  const written = await runInDurableObject(env.SECRET.getByName(tenant), (_object, state) =>
    new SecretObject(state, env, services).put(id, secret),
  );
  assert(written.kind === "written", `the secret is not kept: ${JSON.stringify(written)}`);
}

type Setup = {
  /** As in TOOLS.yaml; "any host" by default, which the switch of these hosts allows. */
  readonly network?: string;
  readonly timeout?: string;
  readonly secrets?: readonly string[];
  readonly tenant?: string;
};

/** One task with the tools `git`, `http_request`, `file_manager` and `code_executor`. */
export async function taskWith(setup: Setup = {}) {
  const { network = 'network: "full"', timeout = "60s", secrets = [], tenant = "tenant-123" } = setup;
  const sandbox = `timeout: "${timeout}", ${SCOPED}, ${network}`;
  const names = `secrets: [${secrets.join(", ")}]`;
  const available = ["git", "http_request", "file_manager", "code_executor"].map((id) => tool(id, sandbox, names));
  const config = await composeConfig(tools(available));
  const lines: string[] = [];
  const had = collectTools(config, { allowFullNetwork: true });
  const catalog = compileCatalog(had);
  const log = createLog({}, (_, line) => void lines.push(line));
  const localOrigins = [outside()];
  const host = createToolHost({ tools: had, catalog, runnerFor, localOrigins, clock: systemClock, log });
  let files: readonly ToolFile[] = [];
  let calls = 0;
  const call = async (toolId: string, args: Readonly<Record<string, unknown>>) => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const key = `key-${++calls}`;
    const request = { tenant, taskId: "task-1", toolId, arguments: args, key, files: () => files, traceparent };
    const outcome: ToolOutcome = await host.execute(request, new AbortController().signal);
    files = apply(files, outcome);
    return { ...outcome, result: JSON.parse(outcome.resultJson) };
  };
  return { call, lines, files: () => files };
}

function apply(files: readonly ToolFile[], { changes }: ToolOutcome): readonly ToolFile[] {
  const next = new Map(files.map((file) => [file.path, file]));
  for (const change of changes) {
    if (change.kind === "delete") next.delete(change.path);
    else {
      const { kind: _kind, ...file } = change;
      next.set(change.path, file);
    }
  }
  return [...next.values()];
}
