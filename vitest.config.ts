/**
 * Three projects: plain Node, the real Workers runtime with every binding of wrangler.toml, and plain Node with a stand-in
 * for the runtime's base classes, where worlds are simulated. TEST_REPORT names a file
 * for a JSON report. The browser suite stands apart (vitest.browser.config.ts): `npm test` needs no Chromium.
 */
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { Unfinished } from "./test/unfinished.ts";

const report = process.env.TEST_REPORT;

const partsOf = ({ method, headers, body }: Request) => ({ method, headers, body, duplex: "half" }) as const;

/** Nothing in the suite may depend on a network: only servers that the tests themselves started are reached. */
const onlyThisMachine = (request: Request): Promise<Response> | Response =>
  ["127.0.0.1", "localhost", "[::1]"].includes(new URL(request.url).hostname)
    ? // A redirect is the asking Worker's to follow, as it is outside of tests.
      fetch(request.url, { ...partsOf(request), redirect: "manual" })
    : new Response(`the tests have no network, and something asked for ${request.url}`, { status: 599 });

/** Ends what hangs. No test is about time, and a machine may be busy: this is far beyond what any of them takes. */
const HANGS = { testTimeout: 300_000, hookTimeout: 300_000 } as const;

const BUNDLED = [
  "@anthropic-ai/sdk",
  "@bufbuild/protobuf",
  "@cfworker/json-schema",
  "@connectrpc/connect",
  "@pydantic/genai-prices",
  "hono",
  "openai",
  "yaml",
  "zod",
];

export default defineConfig({
  test: {
    // The default is one less than the cores, which leaves one of two idle; the flow suites mostly wait for a server.
    maxWorkers: 3,
    reporters: report ? ["default", new Unfinished(), ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        plugins: [
          cloudflareTest({
            // The source, and not what Wrangler uploads: test/worker-bundle.test.ts has that.
            main: "./src/index.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // The limits have tests of their own; the others may ask as often as they like.
              bindings: {
                ENVIRONMENT: "development",
                ADMIN_API_KEY: "test-admin-key",
                RATE_LIMIT_REQUESTS: "100000",
                SECRETS_MASTER_KEY: "a-master-key-for-tests-of-32-chars",
              },
              outboundService: onlyThisMachine,
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/**/*.worker.test.ts"],
          globalSetup: ["test/data/global-setup.ts", "test/case/outside/setup.ts", "test/policy/fixture-setup.ts"],
          ...HANGS,
          // The SDKs are thousands of small files; bundled once, each test file starts sooner.
          deps: { optimizer: { ssr: { enabled: true, include: BUNDLED } } },
        },
      },
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/fault/**", "test/**/*.worker.test.ts", "test/**/*.browser.test.ts", "test/**/*.real.test.ts"],
          ...HANGS,
        },
      },
      {
        resolve: {
          alias: { "cloudflare:workers": join(import.meta.dirname, "test/fault/cloudflare-workers.ts") },
        },
        test: { name: "fault", include: ["test/fault/**/*.test.ts"], ...HANGS },
      },
    ],
  },
});
