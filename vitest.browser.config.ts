/** The suites that need a Chromium: they run in Node and drive the browser named by CHROMIUM. */
import { defineConfig } from "vitest/config";
import { Unfinished } from "./test/unfinished.ts";

const report = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.browser.test.ts"],
    reporters: report ? ["default", new Unfinished(), ["json", { outputFile: report }]] : ["default"],
    // A server of its own is started first: npm start answers within a minute.
    hookTimeout: 90_000,
    testTimeout: 60_000,
    fileParallelism: false,
  },
});
