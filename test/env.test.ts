/** Variables -> Config: the defaults, what each variable changes, and one sentence for every fault. */
import { Anthropic } from "@anthropic-ai/sdk";
import { describe, expect, it, vi } from "vitest";
import { type Config, parseConfig } from "../src/env.ts";

const DEVELOPMENT = { ENVIRONMENT: "development" };
const MASTER = "0123456789abcdef0123456789abcdef";
/** What production cannot be without. */
const PRODUCTION = {
  ...{ ENVIRONMENT: "production", KEY_PEPPER: "0123456789abcdef", SECRETS_MASTER_KEY: MASTER },
  AUDIT_SIGNING_KEY: "A".repeat(43),
};

function configOf(variables: Readonly<Record<string, string>>): Config {
  const parsed = parseConfig({ ...DEVELOPMENT, ...variables });
  if (!parsed.ok) throw new Error(parsed.error.join(" "));
  return parsed.value;
}
function faultsOf(variables: Readonly<Record<string, string>>): readonly string[] {
  const parsed = parseConfig(variables);
  return parsed.ok ? [] : parsed.error;
}
const models = (variables: Readonly<Record<string, string>>): string[] =>
  Object.values(configOf(variables).tiers).map(({ provider, model }) => `${provider}/${model}`);

describe("without any variable", () => {
  it("is production and wants credentials", () => {
    const { ENVIRONMENT: _, ...rest } = PRODUCTION;
    const parsed = parseConfig(rest);
    expect(parsed.ok && parsed.value).toMatchObject({ environment: "production", authMode: "required" });
  });

  it("has the documented limits", () => {
    expect(configOf({})).toMatchObject({
      taskRetentionDays: 30,
      tenantMaxRunning: 20,
      bodyBytesMax: 1_048_576,
      allowFullNetwork: false,
      defaultTier: "tier-2",
      fallbackChain: ["tier-1", "tier-2", "tier-3"],
    });
  });
});

describe("tiers", () => {
  const OFFLINE = Array.from({ length: 3 }, () => "offline/scripted");
  const CLAUDE = ["anthropic/claude-opus-4-6", "anthropic/claude-sonnet-5", "anthropic/claude-haiku-4-5"];

  it("of Claude name no model whose end its provider has announced, as the SDK tells", async () => {
    const told = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const client = new Anthropic({
      apiKey: "k",
      maxRetries: 0,
      fetch: async () => new Response("{}", { status: 400 }),
    });
    for (const model of CLAUDE.map((name) => name.replace("anthropic/", ""))) {
      await client.messages.create({ model, max_tokens: 1, messages: [] }).catch(() => undefined); // refused, see above
    }
    expect(told.mock.calls).toEqual([]);
    told.mockRestore();
  });

  const CASES: readonly (readonly [name: string, Readonly<Record<string, string>>, readonly string[]])[] = [
    ["are offline without a provider", {}, OFFLINE],
    ["are offline when the key is empty", { ANTHROPIC_API_KEY: " " }, OFFLINE],
    ["are Claude's with its key", { ANTHROPIC_API_KEY: "k" }, CLAUDE],
    [
      "take what is named and leave the rest",
      { ANTHROPIC_API_KEY: "k", MODEL_TIER_2: "offline/scripted" },
      [CLAUDE[0] ?? "", "offline/scripted", CLAUDE[2] ?? ""],
    ],
    [
      "take the named model for all when the only server has no models of its own",
      { OLLAMA_BASE_URL: "http://localhost:11434", MODEL_TIER_2: "ollama/llama3.2" },
      Array.from({ length: 3 }, () => "ollama/llama3.2"),
    ],
    [
      "keep the slashes of a model's name",
      { OPENAI_API_KEY: "k", MODEL_TIER_1: "openai/a/b", MODEL_TIER_2: "openai/c", MODEL_TIER_3: "openai/d" },
      ["openai/a/b", "openai/c", "openai/d"],
    ],
  ];
  for (const [name, variables, expected] of CASES) {
    it(name, () => expect(models(variables)).toEqual(expected));
  }

  it("are allowed to a tenant as listed", () => {
    const list = configOf({ TENANT_TIER_ALLOWLIST: '{"acme": ["tier-3"]}' }).tenantTierAllowlist;
    expect([...list]).toEqual([["acme", ["tier-3"]]]);
  });
});

describe("the database", () => {
  const url = "postgresql://app_user:secret@db.example.com/vasini";

  it("is none when none is named", () => {
    expect(configOf({})).toMatchObject({ database: null, outboxDatabaseUrl: null });
  });

  it("is reached where the driver finds it, or where it is told", () => {
    expect(configOf({ DATABASE_URL: url }).database).toEqual({ url, httpEndpoint: null });
    const local = configOf({
      DATABASE_URL: url,
      DATABASE_HTTP_ENDPOINT: "http://127.0.0.1:1/sql",
      OUTBOX_DATABASE_URL: url,
    });
    expect(local).toMatchObject({ database: { url, httpEndpoint: "http://127.0.0.1:1/sql" }, outboxDatabaseUrl: url });
  });

  for (const value of [
    "mysql://u:secret@h/d",
    "postgres://h/d",
    "postgres://u:secret@h",
    "postgres://u:secret@h/",
    "secret",
  ]) {
    it(`is not ${value}, in a sentence that does not repeat it`, () => {
      expect(faultsOf({ ...DEVELOPMENT, DATABASE_URL: value })).toEqual([
        "DATABASE_URL must be a PostgreSQL URL with user, host and database.",
      ]);
    });
  }

  it("is needed by what belongs to it", () => {
    expect(
      faultsOf({ ...DEVELOPMENT, OUTBOX_DATABASE_URL: url, DATABASE_HTTP_ENDPOINT: "http://127.0.0.1:1/sql" }),
    ).toEqual([
      "DATABASE_HTTP_ENDPOINT is set; it needs DATABASE_URL.",
      "OUTBOX_DATABASE_URL is set; it needs DATABASE_URL.",
    ]);
  });
});

describe("the policy", () => {
  it("is the one in the Worker, and is enforced", () => {
    expect(configOf({}).policy).toEqual({ opaUrl: null, mode: "enforce", region: null });
  });

  it("can be another engine's, be on trial, and know where it is", () => {
    const variables = { OPA_URL: "https://opa.example/", POLICY_MODE: "log", POLICY_REGION: "eu-west" };
    expect(configOf(variables).policy).toEqual({ opaUrl: "https://opa.example", mode: "log", region: "eu-west" });
  });

  const faults: readonly (readonly [variables: Record<string, string>, sentence: RegExp])[] = [
    [{ OPA_URL: "opa" }, /^OPA_URL is "opa"; it must be an http or https URL/],
    [{ POLICY_MODE: "off" }, /^POLICY_MODE is "off"; it must be one of enforce, log/],
    [{ POLICY_REGION: "Europe, West" }, /^POLICY_REGION must be 1 to 32/],
  ];
  for (const [variables, sentence] of faults) {
    it(`says what is wrong with ${Object.entries(variables).join()}`, () => {
      expect(faultsOf({ ...DEVELOPMENT, ...variables })).toEqual([expect.stringMatching(sentence)]);
    });
  }

  it("is not asked for over plain http in production", () => {
    const faults = faultsOf({ ENVIRONMENT: "production", OPA_URL: "http://opa.example" });
    expect(faults).toContainEqual(expect.stringMatching(/^OPA_URL must be an https URL in production/));
  });
});

describe("tokens", () => {
  it("are taken from the issuer that is named, by its exact name", () => {
    const token = configOf({
      JWKS_URL: "https://issuer.example/jwks",
      JWT_ISSUER: "https://issuer.example/",
      JWT_AUDIENCE: "vasini",
    }).token;
    const expected = { jwksUrl: "https://issuer.example/jwks", issuer: "https://issuer.example/", audience: "vasini" };
    expect(token).toEqual({ ...expected, tenantClaim: "tenant_id" });
  });

  it("are not taken without one", () => {
    expect(configOf({}).token).toBeNull();
  });
});

describe("a fault is one sentence", () => {
  const FAULTS: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ ENVIRONMENT: "staging" }, /^ENVIRONMENT is "staging"/],
    [{ ...PRODUCTION, AUTH_MODE: "dev" }, /refused when ENVIRONMENT=production/],
    [{ ...PRODUCTION, KEY_PEPPER: "" }, /^KEY_PEPPER is not set/],
    [{ ...PRODUCTION, SECRETS_MASTER_KEY: "" }, /^SECRETS_MASTER_KEY is not set/],
    [{ SECRETS_MASTER_KEY: MASTER.slice(1) }, /^SECRETS_MASTER_KEY is too short; it must have at least 32/],
    [{ ...PRODUCTION, EGRESS_LOCAL_ORIGINS: "http://127.0.0.1:9000" }, /^EGRESS_LOCAL_ORIGINS .* is refused when/],
    [{ EGRESS_LOCAL_ORIGINS: "127.0.0.1:9000" }, /^EGRESS_LOCAL_ORIGINS holds "127.0.0.1:9000"/],
    [{ ...PRODUCTION, AUDIT_SIGNING_KEY: "" }, /^AUDIT_SIGNING_KEY is not set/],
    [{ AUDIT_SIGNING_KEY: "A".repeat(42) }, /^AUDIT_SIGNING_KEY must be 32 bytes as base64url/],
    [{ KEY_PEPPER: "short" }, /^KEY_PEPPER is too short; it must have at least 16/],
    [{ JWKS_URL: "https://issuer.example/jwks" }, /^JWKS_URL, JWT_ISSUER and JWT_AUDIENCE belong together/],
    [{ JWT_ISSUER: "https://issuer.example/" }, /^JWKS_URL, JWT_ISSUER and JWT_AUDIENCE belong together/],
    [
      {
        ...PRODUCTION,
        JWKS_URL: "http://issuer.example/jwks",
        JWT_ISSUER: "https://issuer.example/",
        JWT_AUDIENCE: "vasini",
      },
      /^JWKS_URL must be an https URL in production/,
    ],
    [{ ANTHROPIC_BASE_URL: "ftp://x" }, /^ANTHROPIC_BASE_URL is "ftp:\/\/x"/],
    [{ MODEL_TIER_1: "claude" }, /^MODEL_TIER_1 is "claude"; it must be provider\/model/],
    [{ MODEL_TIER_1: "anthropic/x" }, /needs ANTHROPIC_API_KEY/],
    [{ MODEL_TIER_1: "ollama/x" }, /needs OLLAMA_BASE_URL/],
    [{ DEFAULT_TIER: "tier-4" }, /^DEFAULT_TIER is "tier-4"/],
    [{ MODEL_FALLBACK_CHAIN: "tier-1,tier-1" }, /^MODEL_FALLBACK_CHAIN/],
    [{ TENANT_TIER_ALLOWLIST: "{" }, /^TENANT_TIER_ALLOWLIST must be JSON/],
    [{ TENANT_TIER_ALLOWLIST: '{"a": ["tier-9"]}' }, /^TENANT_TIER_ALLOWLIST must be JSON/],
    [{ TASK_RETENTION_DAYS: "0" }, /^TASK_RETENTION_DAYS is "0"; it must be a whole number from 1 to 3650/],
    [{ BODY_BYTES_MAX: "2000000" }, /^BODY_BYTES_MAX is "2000000"; it must be a whole number from 1024 to 1500000/],
    [{ CORS_ORIGINS: "https://ok.example,not a url" }, /^CORS_ORIGINS holds "not a url"/],
    [{ CORS_ORIGINS: "https://ok.example/path" }, /^CORS_ORIGINS holds "https:\/\/ok.example\/path"/],
    [{ BODY_BYTES_MAX: "1e6" }, /^BODY_BYTES_MAX is "1e6"/],
  ];
  for (const [variables, sentence] of FAULTS) {
    it(`for ${JSON.stringify(variables)}`, () => {
      const faults = faultsOf({ ...DEVELOPMENT, ...variables });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(sentence);
    });
  }

  it("and all of them come at once", () => {
    expect(faultsOf({ ENVIRONMENT: "x", DEFAULT_TIER: "y", TENANT_MAX_RUNNING: "z" })).toHaveLength(3);
  });
});

describe("local origins", () => {
  it("are none unless they are named, and are what was named", () => {
    expect(configOf({}).egressLocalOrigins).toEqual([]);
    const named = configOf({ EGRESS_LOCAL_ORIGINS: "http://127.0.0.1:9000/, http://localhost:9001" });
    expect(named.egressLocalOrigins).toEqual(["http://127.0.0.1:9000", "http://localhost:9001"]);
  });
});

describe("limits and Redis", () => {
  it("has no Redis and a hundred requests a minute unless told otherwise", () => {
    expect(configOf({})).toMatchObject({ upstash: null, rateLimit: { requests: 100, windowSeconds: 60 } });
  });

  it("takes a Redis by its address and its token", () => {
    const variables = { UPSTASH_REDIS_REST_URL: "https://redis.example/", UPSTASH_REDIS_REST_TOKEN: "t" };
    expect(configOf(variables).upstash).toEqual({ url: "https://redis.example", token: "t" });
  });

  it("takes another limit and another window", () => {
    const variables = { RATE_LIMIT_REQUESTS: "7", RATE_LIMIT_WINDOW_SECONDS: "10" };
    expect(configOf(variables).rateLimit).toEqual({ requests: 7, windowSeconds: 10 });
  });

  const FAULTS: readonly (readonly [name: string, Readonly<Record<string, string>>, string])[] = [
    ["an address without a token", { UPSTASH_REDIS_REST_URL: "https://a.example" }, "needs UPSTASH_REDIS_REST_TOKEN"],
    ["a token without an address", { UPSTASH_REDIS_REST_TOKEN: "t" }, "needs UPSTASH_REDIS_REST_URL"],
    ["a limit of nothing", { RATE_LIMIT_REQUESTS: "0" }, "RATE_LIMIT_REQUESTS"],
  ];
  it.each(FAULTS)("is a fault with %s", (_name, variables, part) => {
    expect(faultsOf({ ...DEVELOPMENT, ...variables })).toEqual([expect.stringContaining(part)]);
  });
});
