/**
 * The default policy, from Rego to what the Worker loads; and one that tests publish, as its publisher would compile it.
 *   node scripts/policies.ts              format, checks and Rego tests, then src/policy/compiled/ is written (needs Go)
 *   node scripts/policies.ts --check      compares digests: what is committed was built from these sources (needs Node alone)
 *   node scripts/policies.ts --rebuild    builds once more and compares every byte, and writes nothing (needs Go)
 * The digest of the sources is written only after their tests have passed, so a fresh build is a tested one.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { POLICY_ENTRYPOINT } from "../src/policy/isolate/machine.ts";
import { ROOT, run } from "./run.ts";

const POLICIES = join(ROOT, "policies");
const COMPILED = join(ROOT, "src/policy/compiled");
const WASM = join(COMPILED, "policy.wasm");
const MANIFEST = join(COMPILED, "manifest.ts");
/** Their sources are beside what is made of them. */
const FIXTURES = join(ROOT, "test/fixtures/policies");
/** The first run builds the compiler itself. */
const STEP_TIMEOUT_MS = 600_000;

/** Where Go has the compiler, which it builds first. Names of files stand in what is compiled: it is run beside them. */
async function findCompiler(): Promise<string> {
  await step(["go", "tool", "opa", "version"]);
  const found = await run(["go", "tool", "-n", "opa"], { timeoutMs: STEP_TIMEOUT_MS, cwd: POLICIES });
  return found.output.trim();
}

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

type Built = { readonly path: string; readonly content: Uint8Array };

/** Formats, checks and tests the rules, then compiles everything. Writes nothing but a folder that is removed. */
async function build(): Promise<readonly Built[]> {
  const opa = await findCompiler();
  const work = mkdtempSync(join(tmpdir(), "vasini-policies-"));
  const compile = async (folder: string, source: string, more: readonly string[]): Promise<Uint8Array> => {
    const bundle = join(work, "bundle.tar.gz");
    const target = ["--target", "wasm", "--entrypoint", POLICY_ENTRYPOINT, ...more];
    await step([opa, "build", ...target, "--ignore", "*_test.rego", "--output", bundle, source], folder);
    await step(["tar", "-xzf", bundle, "-C", work], work);
    return readFileSync(join(work, "policy.wasm"));
  };
  try {
    // Lists the files that are not as it would write them.
    await step([opa, "fmt", "--list", "vasini"]);
    await step([opa, "check", "--strict", "vasini"]);
    await step([opa, "test", "vasini"]);
    const wasm = await compile(POLICIES, "vasini", ["--optimize", "1"]);
    const manifest = toManifest({ wasm: sha256(wasm), sources: digestSources() });
    return [
      { path: WASM, content: wasm },
      { path: MANIFEST, content: new TextEncoder().encode(manifest) },
      { path: join(FIXTURES, "careful.wasm"), content: await compile(FIXTURES, "careful.rego", []) },
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function write(): Promise<void> {
  for (const { path, content } of await build()) {
    writeFileSync(path, content);
    process.stdout.write(`${relative(ROOT, path)}, ${content.byteLength} bytes\n`);
  }
}

/** The files that another build of the same sources would change. */
async function findStale(): Promise<string[]> {
  const isStale = ({ path, content }: Built) => !existsSync(path) || Buffer.compare(readFileSync(path), content) !== 0;
  return (await build()).filter(isStale).map(({ path }) => `${relative(ROOT, path)} is not what its sources make`);
}

function check(): string[] {
  if (!existsSync(WASM) || !existsSync(MANIFEST)) return ["src/policy/compiled is incomplete; run: npm run policies"];
  const manifest = readFileSync(MANIFEST, "utf8");
  const wanted = toManifest({ wasm: sha256(readFileSync(WASM)), sources: digestSources() });
  return manifest === wanted ? [] : ["src/policy/compiled is not what policies/ makes; run: npm run policies"];
}

if (process.argv.includes("--check") || process.argv.includes("--rebuild")) {
  const stale = process.argv.includes("--check") ? check() : await findStale();
  process.stdout.write(stale.length === 0 ? "the compiled policy is fresh\n" : `${stale.join("\n")}\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  await write();
}
