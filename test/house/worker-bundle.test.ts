/** The size of what is uploaded, and what of it every isolate has to read before its first request. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { calcPrice } from "@pydantic/genai-prices";
import { beforeAll, describe, expect, it } from "vitest";
import { keepPriced } from "../../scripts/price-table.ts";
import { bundleWorker, startUpModules, type WorkerBundle, type WorkerModule } from "../../scripts/worker-bundle.ts";

/**
 * Of all scripts of the upload: start-up compiles every one. Compiled modules and the engines among the assets do not
 * count.
 */
const UPLOAD_KB_MAX = 550;
/** Of what is evaluated before the first request. */
const START_UP_KB_MAX = 260;

/** Used by few isolates, or late: each is loaded by the first call that needs it. */
const SELDOM = [
  "@anthropic-ai/sdk",
  "@bufbuild/protobuf",
  "@connectrpc/connect",
  "@modelcontextprotocol/sdk",
  "@neondatabase/serverless",
  "@open-policy-agent/opa-wasm",
  "@pydantic/genai-prices",
  "@upstash/ratelimit",
  "@upstash/redis",
  "ajv",
  "cloudevents",
];

/** Of each provider that the router can name and that has list prices. */
const PRICED = [
  ["anthropic", "claude-opus-4-5"],
  ["anthropic", "claude-sonnet-4-5"],
  ["anthropic", "claude-haiku-4-5"],
  ["openai", "gpt-4o"],
  ["openai", "gpt-5"],
  ["openai", "o3"],
] as const;

let bundle: WorkerBundle;
beforeAll(async () => {
  bundle = await bundleWorker();
});

const kilobytes = (modules: readonly WorkerModule[]): number =>
  modules
    .filter(({ kind }) => kind === "script")
    .reduce((sum, { content }) => sum + gzipSync(content, { level: 9 }).length, 0) / 1_000;

const packagesOf = (modules: readonly WorkerModule[]): Set<string> =>
  new Set(
    modules.flatMap(({ sources }) =>
      sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []),
    ),
  );

describe("the upload", () => {
  it(`has at most ${UPLOAD_KB_MAX} KB of code, compressed`, () => {
    expect(kilobytes(bundle.modules)).toBeLessThan(UPLOAD_KB_MAX);
  });

  it("prices the models of its providers as the whole table does", async () => {
    const source = await readFile(fileURLToPath(import.meta.resolve("@pydantic/genai-prices")), "utf8");
    const script = Buffer.from(keepPriced(source)).toString("base64");
    const part: { readonly calcPrice: typeof calcPrice } = await import(`data:text/javascript;base64,${script}`);
    const usage = { input_tokens: 250_000, cache_read_tokens: 1_000, output_tokens: 2_000 };
    for (const [providerId, model] of PRICED) {
      const whole = calcPrice(usage, model, { providerId });
      expect(whole?.total_price, model).toBeGreaterThan(0);
      expect(part.calcPrice(usage, model, { providerId })?.total_price, model).toBe(whole?.total_price);
    }
  });

  it("holds what is seldom used", () => {
    const packages = packagesOf(bundle.modules);
    expect(SELDOM.filter((name) => !packages.has(name))).toEqual([]);
  });
});

describe("start-up", () => {
  it(`evaluates at most ${START_UP_KB_MAX} KB of code, compressed`, () => {
    expect(kilobytes(startUpModules(bundle))).toBeLessThan(START_UP_KB_MAX);
  });

  it("evaluates nothing that is seldom used", () => {
    const packages = packagesOf(startUpModules(bundle));
    expect(SELDOM.filter((name) => packages.has(name))).toEqual([]);
  });
});
