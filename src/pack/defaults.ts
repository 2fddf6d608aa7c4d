/**
 * What a field is worth when its author left it out: the defaults of the plan's models, as data. Omitting a layer is
 * the same as writing an empty one.
 */
import { isRecord } from "../platform/index.ts";
import type { Guardrails, McpServer, Memory, Role, Skill, Soul, ToolDef, Tools, Workflow } from "./types.ts";

const SCHEMA_VERSION = "1.0";

const SOUL: Soul = {
  schema_version: SCHEMA_VERSION,
  identity: { name: "Agent", language: "en", languages: [] },
  personality: {
    communication_style: "professional",
    verbosity: "balanced",
    proactivity: "balanced",
    confidence_expression: "balanced",
  },
  tone: { default: "", on_success: "", on_error: "", on_uncertainty: "" },
  principles: [],
  adaptations: { beginner_user: "", expert_user: "", crisis_mode: "" },
};

/** Title, domain and primary goal have no default: a role without them is refused before this is reached. */
const ROLE: Role = {
  schema_version: SCHEMA_VERSION,
  title: "",
  domain: "",
  seniority: "middle",
  goal: { primary: "", secondary: [] },
  backstory: "",
  competency_graph: { skills: [] },
  domain_knowledge: { primary: [], secondary: [] },
  limitations: [],
};

const TOOLS: Tools = {
  schema_version: SCHEMA_VERSION,
  available: [],
  denied: [],
  tool_policies: { max_concurrent: 5, max_calls_per_task: 100, cost_limit_per_task: "$10" },
  mcp_servers: [],
};

const TOOL: Omit<ToolDef, "id" | "name"> = {
  description: "",
  sandbox: {
    timeout: "30s",
    memory_limit: "256Mi",
    cpu_limit: "1",
    network: "none",
    egress_allowlist: [],
    filesystem: "none",
    scoped_paths: [],
  },
  risk_level: "low",
  requires_approval: false,
  audit: false,
  idempotent: false,
  read_only: false,
  labels: [],
  secrets: [],
  engine: "pyodide",
};

const MCP_SERVER: Omit<McpServer, "id" | "url"> = {
  tools: [],
  requires_approval: false,
  timeout: "30s",
  secrets: [],
  trust_annotations: false,
};

const SKILL: Omit<Skill, "id" | "name" | "trigger"> = {
  description: "",
  required_tools: [],
  risk_level: "low",
  estimated_duration: "",
  body: "",
};

const GUARDRAILS: Guardrails = {
  schema_version: SCHEMA_VERSION,
  input: {
    max_length: 50_000,
    sanitization: true,
    jailbreak_detection: false,
    pii_detection: { enabled: false, action: "warn" },
    content_filter: { enabled: false, categories: [] },
  },
  output: {
    max_length: 100_000,
    pii_check: false,
    hallucination_check: { enabled: false, confidence_threshold: 0.8 },
    format_validation: false,
    source_citation_required: false,
  },
  behavioral: {
    prohibited_actions: [],
    required_disclaimers: [],
    escalation_triggers: [],
    max_autonomous_steps: 10,
    approval_threshold: "high",
    approval_ttl: "24h",
    four_eyes: false,
  },
  compliance: { framework: [], audit_all_decisions: false, data_classification: "internal" },
};

const MEMORY: Memory = {
  schema_version: SCHEMA_VERSION,
  short_term: { enabled: true, ttl: "24h", max_entries: 100 },
  episodic: {
    enabled: false,
    confidence_threshold: 0.75,
    retrieval_top_k: 10,
    similarity_threshold: 0.7,
    source_required: true,
  },
  factual: {
    enabled: false,
    confidence_threshold: 0.95,
    requires_evidence: true,
    requires_approval: false,
    versioned: true,
  },
  cross_session: { enabled: false, merge_strategy: "latest" },
};

const WORKFLOW: Workflow = {
  schema_version: SCHEMA_VERSION,
  default_process: "sequential",
  sop: [],
  handoffs: [],
  reporting: { progress_updates: true, completion_report: true, format: "structured" },
};

/** `each` completes the items of the list that its path names; nested lists come after the list that holds them. */
type Row = { readonly whole: unknown; readonly each: readonly (readonly [path: readonly string[], item: unknown])[] };

const ROWS = {
  manifest: { whole: { compatibility: { required_tools: [], required_memory: [] }, model: {} }, each: [] },
  soul: { whole: SOUL, each: [] },
  role: { whole: ROLE, each: [[["competency_graph", "skills"], { evidence: [], tasks: [], metrics: [] }]] },
  tools: {
    whole: TOOLS,
    each: [
      [["available"], TOOL],
      [["mcp_servers"], MCP_SERVER],
    ],
  },
  skill: { whole: SKILL, each: [] },
  guardrails: { whole: GUARDRAILS, each: [] },
  memory: { whole: MEMORY, each: [] },
  workflow: {
    whole: WORKFLOW,
    each: [
      [["sop"], { max_duration: "30m", escalation: "" }],
      [["sop", "*", "steps"], { tool: null, on_success: "", on_failure: "", timeout: "5m", requires_approval: false }],
      [["handoffs"], { context_transfer: "summary" }],
    ],
  },
} as const satisfies Record<string, Row>;

export type LayerName = keyof typeof ROWS;

/** `given` where it says something, the default elsewhere. */
function fill(standard: unknown, given: unknown): unknown {
  if (given === undefined) return standard;
  if (!isRecord(standard) || !isRecord(given)) return given;
  const names = new Set([...Object.keys(standard), ...Object.keys(given)]);
  return Object.fromEntries([...names].map((name) => [name, fill(standard[name], given[name])]));
}

function fillEach(value: unknown, path: readonly string[], item: unknown): unknown {
  const [first, ...rest] = path;
  if (Array.isArray(value)) {
    return value.map((member: unknown) => (first === "*" ? fillEach(member, rest, item) : fill(item, member)));
  }
  if (first === undefined || !isRecord(value)) return value;
  return { ...value, [first]: fillEach(value[first], rest, item) };
}

/** A layer's own data, completed. */
export function withDefaults(layer: LayerName, data: unknown): unknown {
  const { whole, each }: Row = ROWS[layer];
  return each.reduce<unknown>((value, [path, item]) => fillEach(value, path, item), fill(whole, data));
}
