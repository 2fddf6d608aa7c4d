/** The size of what is uploaded, and what of it every isolate has to read before its first request. */
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleWorker, startUpModules, type WorkerBundle, type WorkerModule } from "../../scripts/worker-bundle.ts";

/**
 * Of all scripts of the upload: start-up compiles every one. 700 is wanted; a little above, so that a small dependency is no
 * emergency. Compiled modules and the engines among the assets do not count.
 */
const UPLOAD_KB_MAX = 730;
/** Of what is evaluated before the first request. */
const START_UP_KB_MAX = 320;

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
  "openai",
];

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
