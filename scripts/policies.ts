/**
 * The default policy, from Rego to what the Worker loads.
 *   node scripts/policies.ts            format, checks and Rego tests, then src/policy/compiled/ is written (needs Go)
 *   node scripts/policies.ts --check    compares digests: what is committed was built from these sources (needs Node alone)
 * The digest of the sources is written only after their tests have passed, so a fresh build is a tested one.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, run } from "./run.ts";

const POLICIES = join(ROOT, "policies");
const COMPILED = join(ROOT, "src/policy/compiled");
const WASM = join(COMPILED, "policy.wasm");
const MANIFEST = join(COMPILED, "manifest.ts");
const ENTRYPOINT = "vasini/authz/decision";
/** The first run builds the compiler itself. */
const STEP_TIMEOUT_MS = 600_000;

const OPA = ["go", "tool", "opa"] as const;

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Of every rule, every test, and the compiler's version. */
function digestSources(): string {
  const rules = readdirSync(join(POLICIES, "vasini")).map((name) => join("vasini", name));
  const paths = [...rules.filter((path) => path.endsWith(".rego")), "go.mod", "go.sum"].sort();
  return sha256(paths.map((path) => `${path} ${sha256(readFileSync(join(POLICIES, path)))}\n`).join(""));
}

const toManifest = (digests: { readonly wasm: string; readonly sources: string }): string => `/**
 * What the compiled default policy was made of. Written by scripts/policies.ts (npm run policies), never by hand.
 */
export const DEFAULT_POLICY = {
  /** SHA-256 of policy.wasm: what decisions and approvals name it by. */
  digest: "${digests.wasm}",
  /** SHA-256 over the Rego files, their tests and the compiler's version. */
  sources: "${digests.sources}",
} as const;
`;

/** @throws Error with the command's output */
async function step(command: readonly string[], cwd = POLICIES): Promise<void> {
  const ran = await run(command, { timeoutMs: STEP_TIMEOUT_MS, cwd });
  if (ran.code !== 0 || ran.output.startsWith("vasini/")) {
    throw new Error(`${command.join(" ")} failed:\n${ran.output}`);
  }
}

async function build(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "vasini-policies-"));
  try {
    // Lists the files that are not as it would write them.
    await step([...OPA, "fmt", "--list", "vasini"]);
    await step([...OPA, "check", "--strict", "vasini"]);
    await step([...OPA, "test", "vasini"]);
    const bundle = join(work, "bundle.tar.gz");
    const target = ["--target", "wasm", "--entrypoint", ENTRYPOINT, "--optimize", "1"];
    await step([...OPA, "build", ...target, "--ignore", "*_test.rego", "--output", bundle, "vasini"]);
    await step(["tar", "-xzf", bundle, "-C", work], work);
    const wasm = readFileSync(join(work, "policy.wasm"));
    writeFileSync(WASM, wasm);
    writeFileSync(MANIFEST, toManifest({ wasm: sha256(wasm), sources: digestSources() }));
    process.stdout.write(`policy ${sha256(wasm).slice(0, 12)}, ${wasm.byteLength} bytes\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function check(): string[] {
  if (!existsSync(WASM) || !existsSync(MANIFEST)) return ["src/policy/compiled is incomplete; run: npm run policies"];
  const manifest = readFileSync(MANIFEST, "utf8");
  const wanted = toManifest({ wasm: sha256(readFileSync(WASM)), sources: digestSources() });
  return manifest === wanted ? [] : ["src/policy/compiled is not what policies/ makes; run: npm run policies"];
}

if (process.argv.includes("--check")) {
  const stale = check();
  process.stdout.write(stale.length === 0 ? "the compiled policy is fresh\n" : `${stale.join("\n")}\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  await build();
}
