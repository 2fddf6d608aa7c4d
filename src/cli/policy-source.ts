/**
 * A policy as it is named on the command line -> one that can be asked: `default`, a compiled one (.wasm), or Rego, which
 * the compiler is asked to compile. The compiler is `opa` where it is installed, else the one that this package pins, by
 * way of Go.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createEmbeddedPolicy, type PolicyEngine } from "../policy/index.ts";
import { ownError } from "./exit.ts";
import { OPA_MS_MAX, OPA_OUTPUT_CHARS_MAX } from "./limits.ts";
import { isObject, textOf } from "./value.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
/** Go finds the pinned compiler by this folder's go.mod. */
const POLICIES = join(REPOSITORY, "policies");
const ENTRYPOINT = "vasini/authz/decision";

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

async function readModule(given: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (given === "default") return readFile(join(REPOSITORY, "src/policy/compiled/policy.wasm"));
  if (!existsSync(given)) throw ownError("USAGE", `${given} is no file, no folder, and not "default".`);
  return given.endsWith(".wasm") ? readFile(given) : compile(resolve(given), signal);
}

async function compile(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "vasini-policy-"));
  try {
    const bundle = join(folder, "bundle.tar.gz");
    // Not optimized: the optimizing compiler of OPA 1.22.3 panics on a policy that is a constant.
    const target = ["--target", "wasm", "--entrypoint", ENTRYPOINT, "--ignore", "*_test.rego"];
    const built = await runOpa(["build", ...target, "--output", bundle, path], signal);
    if (!built.ok) throw ownError("POLICY_INVALID", `${path} does not compile:\n${built.output}`);
    await promisify(execFile)("tar", ["-xzf", bundle, "-C", folder], { signal });
    return await readFile(join(folder, "policy.wasm"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const COMPILERS: readonly (readonly [program: string, before: readonly string[]])[] = [
  ["opa", []],
  ["go", ["tool", "opa"]],
];

/** @throws CliError POLICY_COMPILER_MISSING */
export async function runOpa(
  words: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  for (const [program, before] of COMPILERS) {
    const options = { cwd: POLICIES, timeout: OPA_MS_MAX, maxBuffer: OPA_OUTPUT_CHARS_MAX, signal };
    try {
      const { stdout } = await promisify(execFile)(program, [...before, ...words], options);
      return { ok: true, output: stdout.trim() };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (isObject(thrown) && thrown.code === "ENOENT") continue;
      const said = isObject(thrown) ? [textOf(thrown.stdout), textOf(thrown.stderr)] : [String(thrown)];
      return { ok: false, output: said.join("").trim() };
    }
  }
  throw ownError("POLICY_COMPILER_MISSING", "Neither opa nor Go is installed here.");
}
