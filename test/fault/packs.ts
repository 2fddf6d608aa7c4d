/** The packs of simulated worlds, made by the real composer: one that does everything, and some that run out of something. */
import { type AgentConfig, composePack, renderSystemPrompt } from "../../src/pack/index.ts";
import { assert } from "../../src/platform/index.ts";
import type { RemoteServer } from "../../src/tool/index.ts";
import type { Program } from "./program.ts";

export type Pack = {
  readonly config: AgentConfig;
  readonly digest: string;
  readonly version: string;
  readonly prompt: string;
};
type PackName = Program["pack"];

const MINUTE_MS = 60_000;
/** How long each pack's questions stay open. */
export const APPROVAL_TTL_MS = {
  ...{
    worker: 30 * MINUTE_MS,
    helper: 30 * MINUTE_MS,
    second: 30 * MINUTE_MS,
    poor: 30 * MINUTE_MS,
    slow: 30 * MINUTE_MS,
    short: 5 * MINUTE_MS,
  },
  patient: 40 * 24 * 60 * MINUTE_MS,
} as const satisfies Record<PackName, number>;

const COST_LIMIT: Readonly<Record<PackName, string>> = {
  ...{ worker: "$10", helper: "$10", second: "$10", slow: "$10", short: "$10", patient: "$10" },
  poor: "$0.14",
};

const manifest = (name: PackName, version: string): string => `
schema_version: "1.0"
pack_id: "${name}"
version: "${version}"
risk_level: "low"
author: { name: "Tests" }
role:
  title: "Tester ${version}"
  domain: "Testing"
  seniority: "senior"
  goal: { primary: "Try things" }
tools:
  available: []
  mcp_servers:
    - { id: svc, url: "https://svc.example.com/mcp", tools: [read, keyed, write], trust_annotations: true }
    - { id: risky, url: "https://risky.example.com/mcp", tools: [pay], requires_approval: true }
  tool_policies: { max_concurrent: 4, cost_limit_per_task: "${COST_LIMIT[name]}" }
guardrails:
  behavioral: { max_autonomous_steps: 25, approval_ttl: "${APPROVAL_TTL_MS[name] / MINUTE_MS}m" }
${name === "second" ? "" : handingTo(name === "helper" ? "second" : "helper")}
`;

const handingTo = (agent: PackName): string => `
workflow:
  handoffs:
    - { target_agent: "${agent}", conditions: ["always"], context_transfer: "minimal" }
`;

const remoteTool = (name: string, is: { readonly isReadOnly?: boolean; readonly isIdempotent?: boolean } = {}) => ({
  ...{ name, description: `Does ${name}`, parameters: { type: "object" }, isReadOnly: false, isIdempotent: false },
  ...is,
});

const server = (id: string, tools: RemoteServer["tools"]): RemoteServer => ({
  id,
  tools,
  leftOut: [],
  error: null,
  egress: [],
});

/** What the packs' remote servers have. */
export const SERVERS: readonly RemoteServer[] = [
  server("svc", [
    remoteTool("read", { isReadOnly: true }),
    remoteTool("keyed", { isIdempotent: true }),
    remoteTool("write"),
  ]),
  server("risky", [remoteTool("pay")]),
];

const composed = new Map<string, Promise<Pack>>();

/** Composed once for all worlds. */
export function packOf(name: PackName, version = "1.0.0"): Promise<Pack> {
  const key = `${name} ${version}`;
  const known = composed.get(key) ?? compose(name, version);
  composed.set(key, known);
  return known;
}

async function compose(name: PackName, version: string): Promise<Pack> {
  const pack = await composePack(new Map([[`${name}/profession-pack.yaml`, manifest(name, version)]]), name);
  assert(pack.ok, pack.ok ? "" : JSON.stringify(pack.error));
  const { config, digest } = pack.value;
  return { config, digest, version, prompt: renderSystemPrompt(config) };
}

export const PACK_NAMES: readonly PackName[] = ["worker", "helper", "second", "poor", "slow", "short", "patient"];
