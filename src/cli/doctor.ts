/** `vasini doctor`: what has to be right on this machine and on the server, each with the command that mends it. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { composePack } from "../pack/index.ts";
import type { CommonFlags, Context, Environment } from "./context.ts";
import { bad, type Check, good, warn } from "./doctor-check.ts";
import { databaseChecks, newestMigration } from "./doctor-database.ts";
import { CliError, EXIT, type ExitCode, ownError } from "./exit.ts";
import { CLOCK_SKEW_MS_WARN, PROBE_MS_MAX } from "./limits.ts";
import type { Paint } from "./output.ts";
import { listPackFolders, readPackFolder } from "./pack-files.ts";
import { readSettings, type Settings } from "./settings.ts";
import { shorten } from "./terminal.ts";
import { isObject, numberOf, objectOf, parseJson, textOf } from "./value.ts";

const REPOSITORY = join(import.meta.dirname, "../..");

export async function doctorCommand(context: Context, flags: CommonFlags): Promise<ExitCode> {
  const { output, environment } = context;
  const settings = readSettings(environment, flags);
  const checks = [
    checkNode(process.versions.node),
    checkWrangler(),
    checkLock(join(environment.VASINI_DATA_DIR || join(REPOSITORY, ".vasini"), "lock")),
    ...(await checkServer(settings)),
    checkModel(environment),
    ...(await checkPacks("packs")),
  ];
  const failed = checks.filter((check) => check.status === "error");
  if (!output.json) output.stdout.write(`${checks.map((check) => describe(check, output.paint)).join("\n")}\n`);
  if (failed.length > 0) {
    throw ownError("UNHEALTHY", `${failed.length} of ${checks.length} checks failed.`, { extra: { checks } });
  }
  output.result({ ok: true, checks }, () => "");
  return EXIT.ok;
}

function describe(check: Check, paint: Paint): string {
  const mark = { ok: paint.green("ok     "), warning: paint.yellow("warning"), error: paint.red("error  ") }[
    check.status
  ];
  const fix = check.fix === null ? "" : `\n        fix: ${check.fix}`;
  return `${mark} ${check.name}: ${shorten(check.detail, 300)}${fix}`;
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isEnough = major > 22 || (major === 22 && minor >= 18);
  return isEnough ? good("node", version) : bad("node", `${version} is older than 22.18`, "npm ci, then npx vasini");
}

function checkWrangler(): Check {
  try {
    const path = createRequire(import.meta.url).resolve("wrangler/package.json");
    return good("wrangler", textOf(objectOf(parseJson(readFileSync(path, "utf8"))).version) ?? "present");
  } catch {
    // Not resolvable means not installed; nothing else about the reason would help.
    return bad("wrangler", "not installed, so npm start cannot run", "npm ci");
  }
}

/** The runner's lock file; its format belongs to the runner, only the runner's process id is looked at. */
function checkLock(path: string): Check {
  if (!existsSync(path)) return good("runner", "not running on this data directory");
  const record = objectOf(parseJson(readFileSync(path, "utf8")));
  const pid = numberOf(objectOf(record.runner).pid);
  if (pid === undefined) return warn("runner", "the lock file cannot be read", "npm start (it replaces the file)");
  try {
    process.kill(pid, 0);
    return good(
      "runner",
      `running as process ${pid}${record.url === undefined ? "" : ` at ${textOf(record.url) ?? ""}`}`,
    );
  } catch {
    // Signal 0 fails when there is no such process.
    return warn("runner", `process ${pid} ended without cleaning up`, "npm start (it ends what was left behind)");
  }
}

async function checkServer(settings: Settings): Promise<Check[]> {
  const health = await probe(`${settings.url}/health`);
  if (health instanceof Error)
    return [bad("server", `nothing answers at ${settings.url}`, "npm start"), ...(await checkPort(settings))];
  const body = objectOf(health.body);
  if (health.status !== 200 || body.status !== "ok") {
    const detail = `${settings.url} answers ${health.status}, but not as a Vasini server`;
    return [bad("server", detail, "set VASINI_URL, or start on another port: PORT=8788 npm start")];
  }
  const ready = await probe(`${settings.url}/ready`);
  const skew = health.dateMs === null ? null : health.dateMs - health.atMs;
  return [good("server", settings.url), ...(skew === null ? [] : [checkClock(skew)]), ...readyChecks(ready)];
}

/** The Date header has whole seconds, so up to a second is no difference at all. */
function checkClock(skewMs: number): Check {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return Math.abs(skewMs) <= CLOCK_SKEW_MS_WARN
    ? good("clock", "agrees with the server's")
    : warn(
        "clock",
        `differs from the server's by ${seconds} s`,
        "set the clock, for example by turning on time synchronisation",
      );
}

type Probe = { readonly status: number; readonly body: unknown; readonly dateMs: number | null; readonly atMs: number };

async function probe(url: string): Promise<Probe | Error> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PROBE_MS_MAX) });
    const atMs = Date.now();
    const date = Date.parse(response.headers.get("date") ?? "");
    return {
      status: response.status,
      body: parseJson(await response.text()),
      dateMs: Number.isNaN(date) ? null : date,
      atMs,
    };
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

const READY_FIX = "see .vasini/log, then start again: npm start";
/** By the name of the part. */
const FIXES: ReadonlyMap<string, string> = new Map([
  ["database", "start the database that DATABASE_URL names, or correct the URL; tasks run meanwhile, lists answer 503"],
  ["outbox", "set OUTBOX_DATABASE_URL; until then events are stored and not published"],
]);

function readyChecks(ready: Probe | Error): Check[] {
  if (ready instanceof Error) return [bad("ready", "/ready does not answer", READY_FIX)];
  const { checks, database } = objectOf(ready.body);
  const named = isObject(checks) ? Object.entries(checks) : [];
  const parts = named.map(([name, value]): Check => {
    const status = textOf(isObject(value) ? value.status : value) ?? "unknown";
    if (status === "ok") return good(`ready: ${name}`, status);
    const fix = FIXES.get(name) ?? READY_FIX;
    return status === "failed" ? bad(`ready: ${name}`, status, fix) : warn(`ready: ${name}`, status, fix);
  });
  const whole =
    ready.status === 200 ? good("ready", "tasks are accepted") : bad("ready", `answers ${ready.status}`, READY_FIX);
  return [whole, ...parts, ...databaseChecks(database, newestMigration())];
}

/** Only asked when no server answers: something else on the port explains why npm start would fail too. */
async function checkPort(settings: Settings): Promise<Check[]> {
  const url = new URL(settings.url);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) return [];
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: url.hostname.replace(/[[\]]/g, ""), timeout: PROBE_MS_MAX });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(true));
  });
  return taken
    ? [bad("port", `${port} is taken by another program`, "start on another port: PORT=8788 npm start")]
    : [good("port", `${port} is free`)];
}

const PROVIDERS = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_BASE_URL"] as const;

/** What a server started here would use: names of variables only, never their values. */
function checkModel(environment: Environment): Check {
  const devVars = join(REPOSITORY, ".dev.vars");
  const text = existsSync(devVars) ? readFileSync(devVars, "utf8") : "";
  const set = PROVIDERS.filter(
    (name) => environment[name] || new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=\\s*\\S`, "m").test(text),
  );
  return set.length > 0
    ? good("model", `configured by ${set.join(", ")}`)
    : warn(
        "model",
        "no provider is configured: npm start answers with the offline provider",
        "put ANTHROPIC_API_KEY=... into .dev.vars, then npm start",
      );
}

async function checkPacks(root: string): Promise<Check[]> {
  const folders = await listPackFolders(root);
  if (folders.length === 0) return [good("packs", "no packs/ folder here")];
  return Promise.all(folders.map((folder) => checkPack(root, folder)));
}

async function checkPack(root: string, folder: string): Promise<Check> {
  const name = `pack ${folder}`;
  const fix = `npx vasini pack validate ${join(root, folder)}`;
  try {
    const pack = await readPackFolder(join(root, folder));
    const composed = await composePack(pack.files, folder);
    if (!composed.ok) return bad(name, `${composed.error.length} problems`, fix);
    const { length } = composed.value.warnings;
    return length === 0 ? good(name, "composes") : warn(name, `composes with ${length} warnings`, fix);
  } catch (thrown) {
    if (thrown instanceof CliError) return bad(name, thrown.message, fix);
    throw thrown;
  }
}
