/**
 * `vasini pack test`: the cases of a pack's own tools, each through the real runner in a runtime of the command's own.
 * Needs no server, and no network: what asks for one in a test is told EGRESS_DENIED.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ComposedPack } from "../pack/index.ts";
import { interrupted } from "./client.ts";
import type { CommonFlags, Context } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { CASE_MS_MAX } from "./limits.ts";
import { composeOpened, openPack } from "./pack.ts";
import type { PackOnDisk } from "./pack-files.ts";
import { forTerminal, shorten } from "./terminal.ts";
import { judgeCase, parseCases, type ToolCase } from "./tool-cases.ts";
import { type JsonObject, objectOf } from "./value.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
/** As for the isolates of tools and for the Worker (wrangler.toml). */
const COMPATIBILITY_DATE = "2026-10-20";

type Told = { readonly tool: string; readonly name: string; readonly ok: boolean; readonly problem: string | null };

export async function testPack(context: Context, given: string, _flags: CommonFlags): Promise<ExitCode> {
  const { output, signal } = context;
  const pack = await openPack(given);
  const composed = await composeOpened(pack, output);
  const tools = composed.config.tools.available.filter(({ bundle }) => bundle !== undefined).map(({ id }) => id);
  if (tools.length === 0) {
    throw ownError("PACK_NOT_READABLE", `${pack.folder} has no tools of its own in tools/ that TOOLS.yaml lists.`, {
      hint: "Only tools that a pack brings have cases; docs/pack-tools.md says how to write one.",
    });
  }
  const cases = await readCases(pack, tools);
  const runtime = await startRuntime(signal);
  const told: Told[] = [];
  try {
    for (const { tool, wanted } of cases) {
      const outcome = await runtime.call(trialOf(composed, tool, wanted));
      const problem = judgeCase(wanted, outcome);
      told.push({ tool, name: wanted.name, ok: problem === null, problem });
      const mark = problem === null ? output.paint.green("ok") : output.paint.red("wrong");
      const why = problem === null ? "" : `: ${shorten(problem, 1_000)}`;
      if (!output.json) output.stdout.write(`${mark} ${tool}: ${forTerminal(wanted.name)}${why}\n`);
    }
  } finally {
    await runtime.stop();
  }
  const wrong = told.filter(({ ok }) => !ok).length;
  const without = tools.filter((tool) => !told.some((one) => one.tool === tool));
  if (!output.json) for (const tool of without) output.note(`${tool} has no cases: write tools/${tool}.test.jsonl`);
  const extra = { pack: pack.folder, cases: told };
  if (wrong > 0) throw ownError("TESTS_FAILED", `${wrong} of ${told.length} cases are wrong.`, { extra });
  output.result({ ok: true, ...extra }, () => "");
  return EXIT.ok;
}

async function readCases(pack: PackOnDisk, tools: readonly string[]) {
  const cases: { readonly tool: string; readonly wanted: ToolCase }[] = [];
  for (const tool of tools) {
    const path = `${pack.folder}/tools/${tool}.test.jsonl`;
    const text = await readFile(join(pack.root, path), "utf8").catch(() => ""); // a tool without cases is told of later
    const parsed = parseCases(text);
    if (!parsed.ok) {
      const lines = parsed.error.map(({ line, problem }) => `${path}:${line} ${problem}`);
      throw ownError("PACK_INVALID", lines.join("; "), { extra: { problems: parsed.error } });
    }
    cases.push(...parsed.value.map((wanted) => ({ tool, wanted })));
  }
  return cases;
}

const trialOf = ({ config, digest, bundles }: ComposedPack, toolId: string, wanted: ToolCase) => ({
  config,
  digest,
  bundles: [...bundles],
  toolId,
  arguments: wanted.arguments,
  files: Object.entries(wanted.files).map(([path, text]) => ({ path, text })),
  key: `test/${toolId}/${wanted.name}`,
});

/**
 * What was asked, unless the user or the clock is sooner, also when that was before this call.
 * @throws CliError `INTERRUPTED`, `TIMEOUT`
 */
export function unlessEnded<T>(
  asked: Promise<T>,
  by: { readonly user: AbortSignal; readonly clock: AbortSignal },
): Promise<T> {
  const end = AbortSignal.any([by.user, by.clock]);
  const ended = new Promise<never>((_, reject) => {
    const stop = (): void => reject(by.user.aborted ? interrupted(null) : timedOut());
    if (end.aborted) stop();
    else end.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([asked, ended]);
}

const timedOut = () =>
  ownError("TIMEOUT", `A case did not end within ${CASE_MS_MAX / 1000} seconds.`, {
    hint: "No tool may run that long: look for what keeps this machine busy, and try again.",
  });

/** The Worker of src/try-tool.ts, and the engines it loads. */
async function startRuntime(signal: AbortSignal) {
  await promisify(execFile)(process.execPath, [join(REPOSITORY, "scripts/build-assets.ts")], { signal });
  const [{ convertV4MiniflareOptions, Miniflare, Response }, { build }] = await Promise.all([
    import("miniflare"),
    import("esbuild"),
  ]);
  const { outputFiles } = await build({
    entryPoints: [join(REPOSITORY, "src/try-tool.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "browser",
    external: ["cloudflare:workers", "node:*"],
    logLevel: "silent",
  });
  const options = convertV4MiniflareOptions({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: ["nodejs_compat"],
    workerLoaders: { LOADER: {} },
    r2Buckets: ["PACKS"],
    serviceBindings: {
      ASSETS: async ({ url }) => {
        const file = join(REPOSITORY, "dist/assets", new URL(url).pathname);
        const bytes = await readFile(file).catch(() => null); // absent: then it is not found
        return bytes === null ? new Response(null, { status: 404 }) : new Response(bytes);
      },
    },
  });
  const others = process.listeners("SIGINT");
  const miniflare = new Miniflare(options);
  // It would end the process at Ctrl-C before anything is said: `main` does that, and `stop` what it cleans up.
  for (const one of process.listeners("SIGINT")) if (!others.includes(one)) process.off("SIGINT", one);
  await miniflare.ready;
  return {
    async call(trial: object): Promise<JsonObject> {
      const body = JSON.stringify(trial);
      const asked = miniflare.dispatchFetch("http://pack-test/", { method: "POST", body });
      const answer = await unlessEnded(asked, { user: signal, clock: AbortSignal.timeout(CASE_MS_MAX) });
      if (!answer.ok) throw ownError("INTERNAL_CLI", `the runtime answered ${answer.status}: ${await answer.text()}`);
      return objectOf(await answer.json());
    },
    stop: () => miniflare.dispose(),
  };
}
