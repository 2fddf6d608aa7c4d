#!/usr/bin/env node
/**
 * The launcher of `vasini`. Plain JavaScript on purpose: it must run on a Node that is too old for the rest, to say so.
 * The command itself is TypeScript, which Node runs directly from 22.18 on.
 */
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  const { enableCompileCache } = await import("node:module");
  // Halves the start. Beside the packages, not in the machine's shared temporary folder; a failure only means no cache.
  enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/vasini", import.meta.url)));
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  const message = `vasini needs Node 22.18 or newer and this is ${process.versions.node}; run "npm ci", then "npx vasini" in the repository, which brings its own.`;
  if (process.argv.includes("--json")) {
    const hint = "Run it as `npx vasini` in the repository, or install Node 24.";
    const error = { code: "NODE_TOO_OLD", message, hint, docs: "docs/cli.md", trace_id: null };
    process.stdout.write(`${JSON.stringify({ ok: false, error })}\n`);
  } else {
    process.stderr.write(`${message}\n`);
  }
  process.exitCode = 1;
}
