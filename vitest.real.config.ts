/**
 * `npm run test:real`: the suites of test/case once more, on a real PostgreSQL and a real Redis, whose addresses stand in
 * TEST_DATABASE_URL and TEST_REDIS_URL. TEST_REPORT names a file for a JSON report.
 */
import { defineConfig } from "vitest/config";
import { Unfinished } from "./test/unfinished.ts";

const report = process.env.TEST_REPORT;
// Without it the suites of Redis would run on the small one in the tests' own process, and prove nothing.
if (!process.env.TEST_REDIS_URL) throw new Error("TEST_REDIS_URL is not set: run this by npm run test:real");

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: report ? ["default", new Unfinished(), ["json", { outputFile: report }]] : ["default"],
    include: ["test/**/*.real.test.ts", "test/api/limiter-upstash.test.ts", "test/memory/upstash-memory.test.ts"],
    // Five minutes by itself: npm run test:idle.
    exclude: ["test/flow/idle.real.test.ts"],
    // Ends what hangs; see vitest.config.ts.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
