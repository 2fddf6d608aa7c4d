/**
 * What `npm start` was told: its own address and data folder, and the worker's variables from `.dev.vars` and the
 * process environment, which wins. Every fault is reported at once, one sentence each.
 */
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { type Config, parseConfig } from "../env.ts";
import { err, ok, type Result } from "../platform/index.ts";

type Environment = { readonly [name: string]: string | undefined };

export type LocalSettings = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** The worker's variables by name, as they will be handed over; generated keys are not among them yet. */
  readonly variables: Readonly<Record<string, string>>;
  readonly config: Config;
  readonly warnings: readonly string[];
};

/**
 * Names the worker reads. Nothing else of the environment reaches it: not the shell's secrets, and not the tokens of
 * other programs. A test holds this list against what the configuration really reads.
 */
export const WORKER_VARIABLES = [
  "ENVIRONMENT",
  "AUTH_MODE",
  "ADMIN_API_KEY",
  "KEY_PEPPER",
  "SECRETS_MASTER_KEY",
  "AUDIT_SIGNING_KEY",
  "JWKS_URL",
  "JWT_ISSUER",
  "JWT_AUDIENCE",
  "JWT_TENANT_CLAIM",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "OLLAMA_BASE_URL",
  "DATABASE_URL",
  "DATABASE_HTTP_ENDPOINT",
  "OUTBOX_DATABASE_URL",
  "MODEL_TIER_1",
  "MODEL_TIER_2",
  "MODEL_TIER_3",
  "DEFAULT_TIER",
  "MODEL_FALLBACK_CHAIN",
  "TENANT_TIER_ALLOWLIST",
  "UPSTASH_REDIS_REST_URL",
  "UPSTASH_REDIS_REST_TOKEN",
  "RATE_LIMIT_REQUESTS",
  "RATE_LIMIT_WINDOW_SECONDS",
  "CORS_ORIGINS",
  "EGRESS_LOCAL_ORIGINS",
  "TASK_RETENTION_DAYS",
  "TENANT_MAX_RUNNING",
  "BODY_BYTES_MAX",
  "ALLOW_FULL_NETWORK",
  "OPA_URL",
  "POLICY_MODE",
  "POLICY_REGION",
  "RUN_DISPATCH",
] as const;

/** Read by the runner itself; they may stand in `.dev.vars` too. */
const RUNNER_VARIABLES = ["PORT", "HOST", "VASINI_DATA_DIR"] as const;

const DEFAULT_PORT = 8787;
const LOOPBACK = "127.0.0.1";

/**
 * @param devVars the text of `.dev.vars`; null when there is none.
 * @param root the repository, which relative paths start from.
 */
export function readSettings(sources: {
  readonly environment: Environment;
  readonly devVars: string | null;
  readonly root: string;
}): Result<LocalSettings, readonly string[]> {
  const fromFile = sources.devVars === null ? {} : parseEnv(sources.devVars);
  // Empty counts as absent, so that `PORT= npm start` is the default and not a fault.
  const read = (name: string): string | undefined =>
    sources.environment[name]?.trim() || fromFile[name]?.trim() || undefined;
  const faults: string[] = [];
  const port = readPort(read("PORT"), faults);
  const host = readHost(read("HOST"), faults);
  const variables: Record<string, string> = { ENVIRONMENT: "development" };
  for (const name of WORKER_VARIABLES) {
    const value = read(name);
    if (value !== undefined) variables[name] = value;
  }
  const config = parseConfig(variables);
  if (!config.ok) faults.push(...config.error);
  else faults.push(...openHost(host, config.value));
  if (!config.ok || faults.length > 0) return err(faults);
  return ok({
    host,
    port,
    dataDir: resolve(sources.root, read("VASINI_DATA_DIR") ?? join(sources.root, ".vasini")),
    variables,
    config: config.value,
    warnings: unknownNames(fromFile),
  });
}

function readPort(value: string | undefined, faults: string[]): number {
  if (value === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  faults.push(`PORT is "${value}"; it must be a whole number from 0 (any free port) to 65535.`);
  return DEFAULT_PORT;
}

function readHost(value: string | undefined, faults: string[]): string {
  if (value === undefined) return LOOPBACK;
  const host = value.replace(/^\[(.*)\]$/, "$1");
  if (/^[A-Za-z0-9.:_-]{1,255}$/.test(host)) return host;
  faults.push(`HOST is "${value}"; it must be an address of this machine such as 127.0.0.1.`);
  return LOOPBACK;
}

/** A typing mistake in `.dev.vars` would otherwise be a setting that silently does nothing. */
function unknownNames(fromFile: Environment): string[] {
  const known = new Set<string>([...WORKER_VARIABLES, ...RUNNER_VARIABLES]);
  const unknown = Object.keys(fromFile).filter((name) => !known.has(name));
  return unknown.map((name) => `.dev.vars sets ${name}, which is no setting of this version and is ignored.`);
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

/** In dev mode a call's own header says whom it is addressed to, which keeps web pages out and nobody else. */
function openHost(host: string, config: Config): string[] {
  if (isLoopback(host) || config.authMode !== "dev") return [];
  return [
    `HOST=${host} opens the port to the network, where AUTH_MODE=dev would let anybody act as any tenant; set AUTH_MODE=required, or leave HOST out.`,
  ];
}
