/**
 * A policy as it is named on the command line -> one that can be asked: `default`, a compiled one (.wasm), or Rego, which
 * the compiler is asked to compile. The compiler is `opa` where it is installed, else the one that this package pins, by
 * way of Go.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { createEmbeddedPolicy, POLICY_ENTRYPOINT, type PolicyEngine } from "../policy/index.ts";
import { ownError } from "./exit.ts";
import { OPA_MS_MAX, OPA_OUTPUT_CHARS_MAX } from "./limits.ts";
import { forTerminal } from "./terminal.ts";
import { isObject, textOf } from "./value.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
/** Go finds the pinned compiler by this folder's go.mod. */
const POLICIES = join(REPOSITORY, "policies");

export const DEFAULT_RULES = join(POLICIES, "vasini");

export type NamedPolicy = { readonly engine: PolicyEngine; readonly digest: string };

/** @throws CliError USAGE, POLICY_INVALID, POLICY_COMPILER_MISSING */
export async function openPolicy(given: string, signal: AbortSignal): Promise<NamedPolicy> {
  const module = await readModule(given, signal);
  const digest = createHash("sha256").update(module).digest("hex");
  let fault: unknown = null;
  const log = {
    error: (_: string, facts?: Readonly<Record<string, unknown>>) => {
      fault = facts?.error ?? "it broke off";
    },
  };
  const engine = createEmbeddedPolicy({ module, digest, log });
  return {
    digest,
    engine: {
      decide: async (question) => {
        const decision = await engine.decide(question);
        // A running Worker denies then; here it would look like a policy that denies everything.
        if (fault !== null) throw ownError("POLICY_INVALID", `${given} cannot be evaluated: ${String(fault)}`);
        return decision;
      },
    },
  };
}

/** @throws CliError USAGE, POLICY_INVALID, POLICY_COMPILER_MISSING */
export async function readModule(given: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (given === "default") return readFile(join(REPOSITORY, "src/policy/compiled/policy.wasm"));
  if (!existsSync(given)) throw ownError("USAGE", `${given} is no file, no folder, and not "default".`);
  return given.endsWith(".wasm") ? readFile(given) : compile(resolve(given), signal);
}

async function compile(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "vasini-policy-"));
  try {
    const bundle = join(folder, "bundle.tar.gz");
    // Not optimized: the optimizing compiler of OPA 1.22.3 panics on a policy that is a constant.
    const target = ["--target", "wasm", "--entrypoint", POLICY_ENTRYPOINT, "--ignore", "*_test.rego"];
    // Names of files stand in what is compiled: run beside them it is the same wherever they are.
    const isFolder = (await stat(path)).isDirectory();
    const place = { cwd: isFolder ? path : dirname(path) };
    const built = await runOpa(
      ["build", ...target, "--output", bundle, isFolder ? "." : basename(path)],
      signal,
      place,
    );
    if (!built.ok) throw ownError("POLICY_INVALID", `${path} does not compile:\n${built.output}`);
    await promisify(execFile)("tar", ["-xzf", bundle, "-C", folder], { signal });
    return await readFile(join(folder, "policy.wasm"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Checks rules strictly, then runs their tests.
 * @returns what the tests printed
 * @throws CliError TESTS_FAILED, POLICY_COMPILER_MISSING
 */
export async function testRules(given: string, signal: AbortSignal): Promise<string> {
  const path = resolve(given);
  let output = "";
  for (const words of [
    ["check", "--strict", path],
    ["test", path],
  ]) {
    const ran = await runOpa(words, signal);
    output = forTerminal(ran.output);
    if (!ran.ok) throw ownError("TESTS_FAILED", `opa ${words.join(" ")} failed:\n${output}`);
  }
  return output;
}

type Ran = { readonly ok: boolean; readonly output: string };
type Place = { readonly cwd: string };

/** @throws CliError POLICY_COMPILER_MISSING */
async function runOpa(words: readonly string[], signal: AbortSignal, place: Place = { cwd: POLICIES }): Promise<Ran> {
  const ran = (await runProgram("opa", words, signal, place)) ?? (await runByGo(words, signal, place));
  if (ran === null) throw ownError("POLICY_COMPILER_MISSING", "Neither opa nor Go is installed here.");
  return ran;
}

/** Go builds the compiler where its version is pinned, and says where it is: it can then be run anywhere. Null without Go. */
async function runByGo(words: readonly string[], signal: AbortSignal, place: Place): Promise<Ran | null> {
  const built = await runProgram("go", ["tool", "opa", "version"], signal, { cwd: POLICIES });
  if (built === null || !built.ok) return built;
  const found = await runProgram("go", ["tool", "-n", "opa"], signal, { cwd: POLICIES });
  return found === null || !found.ok ? found : runProgram(found.output, words, signal, place);
}

/** Null when there is no such program. */
async function runProgram(
  program: string,
  words: readonly string[],
  signal: AbortSignal,
  { cwd }: Place,
): Promise<Ran | null> {
  const options = { cwd, timeout: OPA_MS_MAX, maxBuffer: OPA_OUTPUT_CHARS_MAX, signal };
  try {
    const { stdout } = await promisify(execFile)(program, words, options);
    return { ok: true, output: stdout.trim() };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (isObject(thrown) && thrown.code === "ENOENT") return null;
    const said = isObject(thrown) ? [textOf(thrown.stdout), textOf(thrown.stderr)] : [String(thrown)];
    return { ok: false, output: said.join("").trim() };
  }
}
