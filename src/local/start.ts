/**
 * Entry of `npm start`: everything on this machine, with no account and no key. Reads the settings, starts the runner,
 * says where it serves, and ends with code 0 on SIGINT or SIGTERM.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { forTerminal } from "../cli/index.ts";
import type { Config } from "../env.ts";
import { createRunner, type Terminal } from "./runner.ts";
import { readSettings } from "./settings.ts";

const ROOT = join(import.meta.dirname, "../..");

// A terminal or pipe that went away must not end what is being served.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// A pack's own names and the worker's errors are among the lines.
const terminal: Terminal = {
  out: (line) => void process.stdout.write(`${forTerminal(line)}\n`),
  problem: (line) => void process.stderr.write(`${forTerminal(line)}\n`),
};

/** Null when there is no such file. */
function readDevVars(): string | null {
  try {
    return readFileSync(join(ROOT, ".dev.vars"), "utf8");
  } catch {
    // Optional: without it the environment and the defaults decide.
    return null;
  }
}

function modelInUse(config: Config): string {
  const { provider, model } = config.tiers[config.defaultTier];
  if (provider === "offline") {
    // A key alone names no model of a server that is not Anthropic's: say why it is not in use.
    const idle = config.openai !== null ? "openai" : config.ollama !== null ? "ollama" : null;
    if (idle !== null) return `offline (${idle} is configured; name its model, as MODEL_TIER_2=${idle}/<model>)`;
    return "offline (scripted answers; put ANTHROPIC_API_KEY=... into .dev.vars for Claude)";
  }
  return `${provider}/${model}`;
}

function announce(url: string, config: Config): void {
  terminal.out(`Vasini     ${url}`);
  terminal.out(`Model      ${modelInUse(config)}`);
  const at = url === "http://127.0.0.1:8787" ? "" : `VASINI_URL=${url} `;
  terminal.out(`Try        ${at}npx vasini run hello "Hi there" --watch`);
  terminal.out("Stop       Ctrl-C");
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  if (words.length > 0) {
    terminal.problem(`npm start takes no arguments, and was given ${words.join(" ")}.`);
    terminal.problem("Its settings are variables, as in: PORT=9000 npm start. All of them: docs/configuration.md");
    return 1;
  }
  const settings = readSettings({ environment: process.env, devVars: readDevVars(), root: ROOT });
  if (!settings.ok) {
    for (const fault of settings.error) terminal.problem(fault);
    return 1;
  }
  for (const warning of settings.value.warnings) terminal.problem(warning);
  const runner = createRunner(ROOT, settings.value, terminal);
  const signalled = new Promise<null>((resolve) => {
    // Ctrl-C reaches the whole group and may come again while everything ends; each handler only says so. SIGHUP keeps
    // its default: a handler would undo nohup.
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => resolve(null));
  });
  try {
    const outcome = await Promise.race([runner.start(), signalled]);
    if (outcome?.ok === false) {
      for (const fault of outcome.error) terminal.problem(fault);
      return 1;
    }
    if (outcome?.ok) announce(outcome.value.url, settings.value.config);
    const sentence = await Promise.race([signalled, runner.givenUp]);
    if (sentence === null) return 0;
    terminal.problem(sentence);
    return 1;
  } finally {
    await runner.stop();
  }
}

try {
  process.exit(await main());
} catch (thrown) {
  terminal.problem(`npm start failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exit(1);
}
