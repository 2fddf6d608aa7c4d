/**
 * `npm run test:real`: the suites of test/case once more, on a real PostgreSQL and a real Redis, whose addresses stand in
 * TEST_DATABASE_URL and TEST_REDIS_URL; and what takes minutes, beside them. TEST_REPORT names a file for a JSON report.
 */
import { defineConfig } from "vitest/config";

const report = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    // The idle system waits for five minutes and computes nothing: the others go on meanwhile.
    maxWorkers: 2,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    include: ["test/**/*.real.test.ts"],
    testTimeout: 60_000,
  },
});
