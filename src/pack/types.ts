/**
 * The composed agent: what a pack is after its layers were read, merged, validated and given their defaults.
 * Field names are those of the pack files, so that `pack show` prints something an author can paste back.
 * Quantities stay as written (`30s`); they were checked when the pack was composed.
 */

export type RiskLevel = "low" | "medium" | "high" | "critical";
export type Tier = "tier-1" | "tier-2" | "tier-3";
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

export type Soul = {
  readonly schema_version: string;
  readonly identity: { readonly name: string; readonly language: string; readonly languages: readonly string[] };
  readonly personality: {
    readonly communication_style: "formal" | "professional" | "casual" | "academic";
    readonly verbosity: "concise" | "balanced" | "detailed";
    readonly proactivity: "reactive" | "balanced" | "proactive";
    readonly confidence_expression: "cautious" | "balanced" | "assertive";
  };
  readonly tone: {
    readonly default: string;
    readonly on_success: string;
    readonly on_error: string;
    readonly on_uncertainty: string;
  };
  readonly principles: readonly string[];
  readonly adaptations: {
    readonly beginner_user: string;
    readonly expert_user: string;
    readonly crisis_mode: string;
  };
};

export type Role = {
  readonly schema_version: string;
  readonly title: string;
  readonly domain: string;
  readonly seniority: "junior" | "middle" | "senior" | "lead" | "principal";
  readonly goal: { readonly primary: string; readonly secondary: readonly string[] };
  readonly backstory: string;
  readonly competency_graph: {
    readonly skills: readonly {
      readonly id: string;
      readonly name: string;
      readonly level: "novice" | "competent" | "proficient" | "expert" | "master";
      readonly evidence: readonly string[];
      readonly tasks: readonly string[];
      readonly metrics: readonly { readonly name: string; readonly target: number }[];
    }[];
  };
  readonly domain_knowledge: { readonly primary: readonly string[]; readonly secondary: readonly string[] };
  readonly limitations: readonly string[];
};

export type ToolSandbox = {
  readonly timeout: string;
  readonly memory_limit: string;
  readonly cpu_limit: string;
  readonly network: "none" | "egress_allowlist" | "full";
  readonly egress_allowlist: readonly string[];
  readonly filesystem: "none" | "read_only" | "read_write" | "scoped";
  readonly scoped_paths: readonly string[];
};

export type ToolDef = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly sandbox: ToolSandbox;
  readonly risk_level: RiskLevel;
  readonly requires_approval: boolean;
  readonly audit: boolean;
  /** Absent: the built-in tool's own schema applies. */
  readonly parameters?: JsonSchema;
  /** SHA-256 of the code that the pack brings for this tool; absent for a built-in one. */
  readonly bundle?: string;
  readonly idempotent: boolean;
  readonly read_only: boolean;
  readonly labels: readonly ("reads_untrusted" | "reads_private" | "writes" | "external")[];
  readonly secrets: readonly string[];
  readonly engine: "pyodide" | "micropython";
};

/** A remote server whose tools are offered as `<id>__<tool>`. */
export type McpServer = {
  readonly id: string;
  readonly url: string;
  /** The server's own names of the tools that are offered; no others are. */
  readonly tools: readonly string[];
  /** Of every tool, or of those named. */
  readonly requires_approval: boolean | readonly string[];
  readonly timeout: string;
  readonly secrets: readonly string[];
  /** Whether the server's word on what its tools do is believed. */
  readonly trust_annotations: boolean;
};

export type Tools = {
  readonly schema_version: string;
  readonly available: readonly ToolDef[];
  readonly denied: readonly string[];
  readonly tool_policies: {
    readonly max_concurrent: number;
    readonly max_calls_per_task: number;
    readonly cost_limit_per_task: string;
  };
  readonly mcp_servers: readonly McpServer[];
};

export type Skill = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly trigger: string;
  readonly required_tools: readonly string[];
  readonly risk_level: RiskLevel;
  readonly estimated_duration: string;
  /** Markdown after the front matter, loaded by the model through the built-in `skill` tool. */
  readonly body: string;
};

export type Guardrails = {
  readonly schema_version: string;
  readonly input: {
    /** In characters (UTF-16 code units). */
    readonly max_length: number;
    readonly sanitization: boolean;
    readonly jailbreak_detection: boolean;
    readonly pii_detection: { readonly enabled: boolean; readonly action: "warn" | "redact" | "block" };
    readonly content_filter: { readonly enabled: boolean; readonly categories: readonly string[] };
    readonly judge?: Tier;
  };
  readonly output: {
    /** In characters (UTF-16 code units). */
    readonly max_length: number;
    readonly pii_check: boolean;
    readonly hallucination_check: { readonly enabled: boolean; readonly confidence_threshold: number };
    readonly format_validation: boolean;
    readonly source_citation_required: boolean;
    readonly judge?: Tier;
    readonly schema?: JsonSchema;
  };
  readonly behavioral: {
    readonly prohibited_actions: readonly string[];
    readonly required_disclaimers: readonly string[];
    readonly escalation_triggers: readonly string[];
    readonly max_autonomous_steps: number;
    readonly approval_threshold: RiskLevel;
    readonly approval_ttl: string;
    readonly four_eyes: boolean;
  };
  readonly compliance: {
    readonly framework: readonly string[];
    readonly audit_all_decisions: boolean;
    readonly data_classification: "public" | "internal" | "confidential" | "restricted";
  };
};

export type Memory = {
  readonly schema_version: string;
  readonly short_term: { readonly enabled: boolean; readonly ttl: string; readonly max_entries: number };
  readonly episodic: {
    readonly enabled: boolean;
    readonly confidence_threshold: number;
    readonly retrieval_top_k: number;
    readonly similarity_threshold: number;
    readonly source_required: boolean;
  };
  readonly factual: {
    readonly enabled: boolean;
    readonly confidence_threshold: number;
    readonly requires_evidence: boolean;
    readonly requires_approval: boolean;
    readonly versioned: boolean;
  };
  readonly cross_session: {
    readonly enabled: boolean;
    readonly merge_strategy: "latest" | "highest_confidence" | "manual";
  };
};

export type Workflow = {
  readonly schema_version: string;
  readonly default_process: "sequential" | "parallel" | "adaptive";
  readonly sop: readonly {
    readonly id: string;
    readonly name: string;
    readonly trigger: string;
    readonly steps: readonly {
      readonly id: string;
      readonly action: string;
      readonly tool: string | null;
      readonly on_success: string;
      readonly on_failure: string;
      readonly timeout: string;
      readonly requires_approval: boolean;
    }[];
    readonly max_duration: string;
    readonly escalation: string;
  }[];
  readonly handoffs: readonly {
    readonly target_agent: string;
    readonly conditions: readonly string[];
    readonly context_transfer: "full" | "summary" | "minimal";
  }[];
  readonly reporting: {
    readonly progress_updates: boolean;
    readonly completion_report: boolean;
    readonly format: "structured" | "narrative" | "minimal";
  };
};

/** The whole agent. Canonical JSON of this, by digest, is what the registry stores and a task pins. */
export type AgentConfig = {
  readonly schema_version: string;
  readonly pack_id: string;
  readonly version: string;
  readonly risk_level: RiskLevel;
  readonly author: { readonly name: string; readonly signature?: string; readonly provenance?: string };
  readonly compatibility: {
    readonly framework_min?: string;
    readonly framework_max?: string;
    readonly required_tools: readonly string[];
    readonly required_memory: readonly string[];
  };
  readonly model: { readonly tier?: Tier };
  readonly soul: Soul;
  readonly role: Role;
  readonly tools: Tools;
  readonly skills: readonly Skill[];
  readonly guardrails: Guardrails;
  readonly memory: Memory;
  readonly workflow: Workflow;
};

/** One fault or warning in a pack, with everything an author needs to find and mend it. */
export type PackProblem = {
  readonly severity: "error" | "warning";
  /** Path of the file inside the folder that holds the packs, such as `hello/SOUL.yaml`. */
  readonly file: string;
  /** 1-based; 1 when the whole file is meant. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** JSON pointer (RFC 6901) into that file's data; empty for the whole. */
  readonly pointer: string;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
};

/** Text files by path inside the folder that holds the packs: `<pack>/profession-pack.yaml`, `_shared/...`. */
export type PackFiles = ReadonlyMap<string, string>;

export type ComposedPack = {
  readonly config: AgentConfig;
  /** SHA-256 of the canonical JSON of `config`, 64 hexadecimal digits. */
  readonly digest: string;
  /** Code of the pack's own tools, by its SHA-256. */
  readonly bundles: ReadonlyMap<string, string>;
  readonly warnings: readonly PackProblem[];
};

/** What the registry knows of a published version without loading it. */
export type PackRecord = {
  readonly pack_id: string;
  readonly version: string;
  readonly digest: string;
  readonly title: string;
  readonly risk_level: RiskLevel;
  readonly tier: Tier | null;
  /** In characters. Needed before a task is accepted. */
  readonly input_max_length: number;
  /** RFC 3339. */
  readonly published_at: string;
};
