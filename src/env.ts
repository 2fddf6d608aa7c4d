/**
 * Raw bindings and variables -> Config, parsed once per isolate. The only reader of `env`: no other file sees a
 * variable's name. Every fault is reported at once, one sentence each; a fault stops the start.
 */
import { isSigningKey } from "./audit/index.ts";
import { err, ok, type Result } from "./platform/index.ts";

const TIERS = ["tier-1", "tier-2", "tier-3"] as const;
type Tier = (typeof TIERS)[number];

const PROVIDERS = ["anthropic", "openai", "ollama", "offline"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export type ModelRef = { readonly provider: ProviderName; readonly model: string };

export type Config = {
  readonly environment: "development" | "production";
  readonly authMode: "dev" | "required";
  /** Null: there is no bootstrap key, so nobody can publish for all tenants or create tenants. */
  readonly adminApiKey: string | null;
  /** Null: no API keys are made or taken. Never null in production. */
  readonly keyPepper: string | null;
  /** What tenants' secrets are sealed under. Null: none can be kept, so there are no webhooks. Never null in production. */
  readonly secretsMasterKey: string | null;
  /** Signs the heads of audit logs: 32 bytes, base64url. Null: none is signed. Never null in production. */
  readonly auditSigningKey: string | null;
  /** The issuer whose tokens are taken. Null: none. */
  readonly token: {
    readonly jwksUrl: string;
    readonly issuer: string;
    readonly audience: string;
    readonly tenantClaim: string;
  } | null;
  readonly anthropic: { readonly apiKey: string; readonly baseUrl: string | null } | null;
  readonly openai: { readonly apiKey: string; readonly baseUrl: string | null } | null;
  readonly ollama: { readonly baseUrl: string } | null;
  /** As app_user. Null: there is no database; the objects alone answer, and lists come from the tenants' indexes. */
  readonly database: {
    readonly url: string;
    /** Where Neon's HTTP protocol is spoken; null: where the driver finds it by the URL's host. */
    readonly httpEndpoint: string | null;
  } | null;
  /** As outbox_publisher, on the same endpoint. Null: events are stored and not published. */
  readonly outboxDatabaseUrl: string | null;
  readonly tiers: Readonly<Record<Tier, ModelRef>>;
  readonly defaultTier: Tier;
  readonly fallbackChain: readonly Tier[];
  /** Tenants that are absent may use every tier. */
  readonly tenantTierAllowlist: ReadonlyMap<string, readonly Tier[]>;
  /** Null: the objects count and remember. */
  readonly upstash: { readonly url: string; readonly token: string } | null;
  /** Of run, replay and RunAgent, per tenant. */
  readonly rateLimit: { readonly requests: number; readonly windowSeconds: number };
  readonly corsOrigins: readonly string[];
  /** Origins that webhooks and tools may reach although the rules for egress refuse them. Empty in production. */
  readonly egressLocalOrigins: readonly string[];
  readonly taskRetentionDays: number;
  readonly tenantMaxRunning: number;
  readonly bodyBytesMax: number;
  /** The operator's switch for tools with `network: full`; without it their calls are refused. */
  readonly allowFullNetwork: boolean;
  readonly policy: {
    /** An Open Policy Agent that decides in place of the policy in this Worker; null: there is none. */
    readonly opaUrl: string | null;
    /** `log`: decisions are recorded and change nothing. */
    readonly mode: "enforce" | "log";
    /** What policies are told of where this Worker runs; null: nothing. */
    readonly region: string | null;
  };
  /** What starts a run: the task's own alarm, the run queue, or the one with the other as its net. `both` outside of tests. */
  readonly dispatch: "alarm" | "both" | "queue";
  /** Unless the run queue alone is to start it. */
  readonly startsItself: boolean;
};

/** A task is stored with its input in one row, and the platform's rows end at 2 MB. */
const BODY_BYTES_CEILING = 1_500_000;

type Variables = Readonly<Record<string, unknown>>;

const CLAUDE: Readonly<Record<Tier, string>> = {
  "tier-1": "claude-opus-4-6",
  "tier-2": "claude-sonnet-5",
  "tier-3": "claude-haiku-4-5",
};
const OFFLINE: ModelRef = { provider: "offline", model: "scripted" };
const TIER_VARIABLE = { "tier-1": "MODEL_TIER_1", "tier-2": "MODEL_TIER_2", "tier-3": "MODEL_TIER_3" } as const;

/** Collects faults while reading, so that one start shows all of them. */
class Reader {
  readonly faults: string[] = [];
  readonly #variables: Variables;
  constructor(variables: Variables) {
    this.#variables = variables;
  }
  /** Empty counts as absent. */
  text(name: string): string | null {
    const value = this.#variables[name];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
  }
  choice<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name);
    if (value === null) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) this.faults.push(`${name} is "${value}"; it must be one of ${choices.join(", ")}.`);
    return found ?? fallback;
  }
  integer(name: string, range: { readonly min: number; readonly max: number; readonly fallback: number }): number {
    const value = this.text(name);
    if (value === null) return range.fallback;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    this.faults.push(`${name} is "${value}"; it must be a whole number from ${range.min} to ${range.max}.`);
    return range.fallback;
  }
  /** Its value is a secret, so a fault does not repeat it. */
  databaseUrl(name: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    const url = URL.parse(value);
    const isWhole = url?.hostname && url.username && url.pathname.length > 1;
    if (isWhole && /^postgres(?:ql)?:$/.test(url.protocol)) return value;
    this.faults.push(`${name} must be a PostgreSQL URL with user, host and database.`);
    return null;
  }
  url(name: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    const url = URL.parse(value);
    if (url?.protocol === "http:" || url?.protocol === "https:") return value.replace(/\/+$/, "");
    this.faults.push(`${name} is "${value}"; it must be an http or https URL.`);
    return null;
  }
}

function readTiers(reader: Reader, configured: ReadonlySet<ProviderName>): Record<Tier, ModelRef> {
  const defaultFor = (tier: Tier): ModelRef =>
    configured.has("anthropic") ? { provider: "anthropic", model: CLAUDE[tier] } : OFFLINE;
  const read = (tier: Tier): ModelRef => {
    const name = TIER_VARIABLE[tier];
    const value = reader.text(name);
    if (value === null) {
      // With another provider configured, an unset tier must not silently answer offline.
      const other = [...configured].find((provider) => provider !== "anthropic");
      return other !== undefined && !configured.has("anthropic") ? firstNamed(reader) : defaultFor(tier);
    }
    const slash = value.indexOf("/");
    const provider = PROVIDERS.find((known) => known === value.slice(0, slash));
    const model = value.slice(slash + 1);
    if (provider === undefined || model === "") {
      reader.faults.push(
        `${name} is "${value}"; it must be provider/model with a provider of ${PROVIDERS.join(", ")}.`,
      );
      return OFFLINE;
    }
    if (provider !== "offline" && !configured.has(provider)) {
      const needs = provider === "ollama" ? "OLLAMA_BASE_URL" : `${provider.toUpperCase()}_API_KEY`;
      reader.faults.push(`${name} uses ${provider}, which needs ${needs}.`);
    }
    return { provider, model };
  };
  return { "tier-1": read("tier-1"), "tier-2": read("tier-2"), "tier-3": read("tier-3") };
}

/** A server that is not Anthropic's has no default model names: the first named tier stands in for unnamed ones. */
function firstNamed(reader: Reader): ModelRef {
  for (const tier of TIERS) {
    const value = reader.text(TIER_VARIABLE[tier]);
    const slash = value?.indexOf("/") ?? -1;
    const provider = PROVIDERS.find((known) => known === value?.slice(0, slash));
    if (value && provider && value.length > slash + 1) return { provider, model: value.slice(slash + 1) };
  }
  return OFFLINE;
}

function readTierList(reader: Reader, name: string, value: string): Tier[] {
  const parts = value.split(",").map((part) => part.trim());
  const tiers = TIERS.filter((tier) => parts.includes(tier));
  if (tiers.length !== parts.length) {
    reader.faults.push(`${name} is "${value}"; it must list tiers of ${TIERS.join(", ")}, each once.`);
  }
  return parts.flatMap((part) => TIERS.filter((tier) => tier === part));
}

function readOrigins(reader: Reader, name: string, example: string): string[] {
  const origins = (reader.text(name) ?? "")
    .split(",")
    .map((origin) => origin.trim().replace(/\/+$/, ""))
    .filter((origin) => origin !== "");
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin) {
      reader.faults.push(`${name} holds "${origin}"; each must be an origin such as ${example}.`);
    }
  }
  return origins;
}

function readLocalOrigins(reader: Reader, environment: Config["environment"]): string[] {
  const origins = readOrigins(reader, "EGRESS_LOCAL_ORIGINS", "http://127.0.0.1:9000");
  if (environment === "production" && origins.length > 0) {
    reader.faults.push(
      "EGRESS_LOCAL_ORIGINS lets webhooks and tools reach private servers and is refused when ENVIRONMENT=production.",
    );
  }
  return origins;
}

function readAllowlist(reader: Reader): Map<string, readonly Tier[]> {
  const value = reader.text("TENANT_TIER_ALLOWLIST");
  const map = new Map<string, readonly Tier[]>();
  if (value === null) return map;
  const fault = 'TENANT_TIER_ALLOWLIST must be JSON such as {"tenant-123": ["tier-3"]}.';
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error("not an object");
    for (const [tenant, list] of Object.entries(parsed)) {
      const tiers = Array.isArray(list) ? TIERS.filter((tier) => list.includes(tier)) : [];
      if (!Array.isArray(list) || tiers.length !== list.length) throw new Error("not a list of tiers");
      map.set(tenant, tiers);
    }
  } catch {
    // Any malformed part voids the whole value: a half-read allow-list would be a guess.
    reader.faults.push(fault);
  }
  return map;
}

/** One of the two without the other is a typing mistake, and would silently count in the objects. */
function readUpstash(reader: Reader): Config["upstash"] {
  const url = reader.url("UPSTASH_REDIS_REST_URL");
  const token = reader.text("UPSTASH_REDIS_REST_TOKEN");
  if (url !== null && token !== null) return { url, token };
  if (reader.text("UPSTASH_REDIS_REST_URL") === null && token !== null) {
    reader.faults.push("UPSTASH_REDIS_REST_TOKEN is set; it needs UPSTASH_REDIS_REST_URL.");
  }
  if (url !== null) reader.faults.push("UPSTASH_REDIS_REST_URL is set; it needs UPSTASH_REDIS_REST_TOKEN.");
  return null;
}

/** Shorter ones could be guessed through when the stored digests were stolen. */
const PEPPER_CHARS_MIN = 16;
/** Fewer characters cannot hold the 256 bits that the cipher is worth. */
const MASTER_KEY_CHARS_MIN = 32;

/** A secret that is made for a laptop and must be set in production. */
function readSecret(
  reader: Reader,
  environment: Config["environment"],
  secret: { readonly name: string; readonly use: string; readonly charsMin: number },
): string | null {
  const value = reader.text(secret.name);
  // A misspelt ENVIRONMENT counts as production, and has its own sentence already.
  const isMeant = (reader.text("ENVIRONMENT") ?? "production") === environment;
  if (value === null && environment === "production" && isMeant) {
    reader.faults.push(`${secret.name} is not set; in production ${secret.use}. Set 32 random bytes as text.`);
  }
  if (value !== null && value.length < secret.charsMin) {
    reader.faults.push(`${secret.name} is too short; it must have at least ${secret.charsMin} characters.`);
  }
  return value;
}

const PEPPER = { name: "KEY_PEPPER", use: "API keys are hashed with it", charsMin: PEPPER_CHARS_MIN };
const MASTER_KEY = {
  name: "SECRETS_MASTER_KEY",
  use: "tenants' secrets are encrypted under it",
  charsMin: MASTER_KEY_CHARS_MIN,
};
function readSigningKey(reader: Reader, environment: Config["environment"]): string | null {
  const key = reader.text("AUDIT_SIGNING_KEY");
  const isMeant = (reader.text("ENVIRONMENT") ?? "production") === environment;
  if (key === null && environment === "production" && isMeant) {
    reader.faults.push(
      "AUDIT_SIGNING_KEY is not set; in production the heads of audit logs are signed with it. Set 32 random bytes as base64url.",
    );
  }
  if (key !== null && !isSigningKey(key)) {
    reader.faults.push("AUDIT_SIGNING_KEY must be 32 bytes as base64url: 43 letters, digits, '-' or '_'.");
  }
  return key;
}

/** A token is only worth something when its issuer and its audience are checked: all three, or none. */
function readToken(reader: Reader, environment: Config["environment"]): Config["token"] {
  const jwksUrl = reader.url("JWKS_URL");
  const [issuer, audience] = [reader.text("JWT_ISSUER"), reader.text("JWT_AUDIENCE")];
  const tenantClaim = reader.text("JWT_TENANT_CLAIM") ?? "tenant_id";
  if (reader.text("JWKS_URL") === null && issuer === null && audience === null) return null;
  if (environment === "production" && jwksUrl?.startsWith("http:")) {
    reader.faults.push("JWKS_URL must be an https URL in production: whoever can change its answer can sign tokens.");
  }
  if (jwksUrl !== null && issuer !== null && audience !== null) return { jwksUrl, issuer, audience, tenantClaim };
  reader.faults.push("JWKS_URL, JWT_ISSUER and JWT_AUDIENCE belong together: set all three, or none.");
  return null;
}

function readDatabase(reader: Reader): Pick<Config, "database" | "outboxDatabaseUrl"> {
  const url = reader.databaseUrl("DATABASE_URL");
  const httpEndpoint = reader.url("DATABASE_HTTP_ENDPOINT");
  const outboxDatabaseUrl = reader.databaseUrl("OUTBOX_DATABASE_URL");
  const dependents = { DATABASE_HTTP_ENDPOINT: httpEndpoint, OUTBOX_DATABASE_URL: outboxDatabaseUrl };
  for (const [name, value] of Object.entries(dependents)) {
    if (value !== null && reader.text("DATABASE_URL") === null)
      reader.faults.push(`${name} is set; it needs DATABASE_URL.`);
  }
  return { database: url === null ? null : { url, httpEndpoint }, outboxDatabaseUrl };
}

function readPolicy(reader: Reader, environment: Config["environment"]): Config["policy"] {
  const opaUrl = reader.url("OPA_URL");
  if (environment === "production" && opaUrl?.startsWith("http:")) {
    reader.faults.push("OPA_URL must be an https URL in production: whoever can change its answer decides.");
  }
  const region = reader.text("POLICY_REGION");
  if (region !== null && !/^[a-z0-9][a-z0-9-]{0,31}$/.test(region)) {
    reader.faults.push("POLICY_REGION must be 1 to 32 lower-case letters, digits or '-', such as eu-west.");
  }
  return { opaUrl, mode: reader.choice("POLICY_MODE", ["enforce", "log"], "enforce"), region };
}

/** Config, or every fault as one sentence. Never throws. */
export function parseConfig(variables: Variables): Result<Config, readonly string[]> {
  const reader = new Reader(variables);
  const environment = reader.choice("ENVIRONMENT", ["development", "production"], "production");
  const authMode = reader.choice("AUTH_MODE", ["dev", "required"], environment === "production" ? "required" : "dev");
  if (environment === "production" && authMode === "dev") {
    reader.faults.push("AUTH_MODE=dev trusts any caller's tenant header and is refused when ENVIRONMENT=production.");
  }
  const anthropicKey = reader.text("ANTHROPIC_API_KEY");
  const openaiKey = reader.text("OPENAI_API_KEY");
  const openaiBaseUrl = reader.url("OPENAI_BASE_URL");
  const ollamaBaseUrl = reader.url("OLLAMA_BASE_URL");
  const anthropicBaseUrl = reader.url("ANTHROPIC_BASE_URL");
  const configured = new Set<ProviderName>();
  if (anthropicKey !== null) configured.add("anthropic");
  // Many OpenAI-compatible servers need no key: a base URL alone configures the provider.
  if (openaiKey !== null || openaiBaseUrl !== null) configured.add("openai");
  if (ollamaBaseUrl !== null) configured.add("ollama");
  const dispatch = reader.choice("RUN_DISPATCH", ["both", "queue", "alarm"], "both");
  const config: Config = {
    environment,
    authMode,
    adminApiKey: reader.text("ADMIN_API_KEY"),
    keyPepper: readSecret(reader, environment, PEPPER),
    secretsMasterKey: readSecret(reader, environment, MASTER_KEY),
    auditSigningKey: readSigningKey(reader, environment),
    token: readToken(reader, environment),
    anthropic: anthropicKey === null ? null : { apiKey: anthropicKey, baseUrl: anthropicBaseUrl },
    openai: configured.has("openai") ? { apiKey: openaiKey ?? "none", baseUrl: openaiBaseUrl } : null,
    ollama: ollamaBaseUrl === null ? null : { baseUrl: ollamaBaseUrl },
    ...readDatabase(reader),
    tiers: readTiers(reader, configured),
    defaultTier: reader.choice("DEFAULT_TIER", TIERS, "tier-2"),
    fallbackChain: readTierList(reader, "MODEL_FALLBACK_CHAIN", reader.text("MODEL_FALLBACK_CHAIN") ?? TIERS.join(",")),
    tenantTierAllowlist: readAllowlist(reader),
    upstash: readUpstash(reader),
    rateLimit: {
      requests: reader.integer("RATE_LIMIT_REQUESTS", { min: 1, max: 1_000_000, fallback: 100 }),
      windowSeconds: reader.integer("RATE_LIMIT_WINDOW_SECONDS", { min: 1, max: 86_400, fallback: 60 }),
    },
    corsOrigins: readOrigins(reader, "CORS_ORIGINS", "https://app.example"),
    egressLocalOrigins: readLocalOrigins(reader, environment),
    taskRetentionDays: reader.integer("TASK_RETENTION_DAYS", { min: 1, max: 3650, fallback: 30 }),
    tenantMaxRunning: reader.integer("TENANT_MAX_RUNNING", { min: 1, max: 10_000, fallback: 20 }),
    bodyBytesMax: reader.integer("BODY_BYTES_MAX", { min: 1024, max: BODY_BYTES_CEILING, fallback: 1024 * 1024 }),
    allowFullNetwork: reader.choice("ALLOW_FULL_NETWORK", ["false", "true"], "false") === "true",
    policy: readPolicy(reader, environment),
    dispatch,
    startsItself: dispatch !== "queue",
  };
  return reader.faults.length > 0 ? err(reader.faults) : ok(config);
}

/** A message of the run queue: ids only, never an input. */
export type RunMessage = { readonly tenant: string; readonly task_id: string; readonly traceparent: string };
