/**
 * The shell inside the engine: just-bash over the task's files. Loaded once, when the assets are built; each call
 * begins from a copy of that moment, so nothing here may be kept from one call to the next.
 */
import "./world.ts";
import { Bash, type CommandName, getCommandNames, InMemoryFs, MountableFs } from "just-bash/browser";
import { ask } from "../../guest/host.ts";
import { runDueTimer } from "../../guest/timers.ts";
import { ABSENT_COMMANDS, SHELL_GLOBALS, SHELL_LIMITS, type ShellFacts, type ShellResult } from "../shell.ts";
import { createWorkspaceFiles } from "./workspace-files.ts";

/**
 * Everything outside of the workspace lives in the engine's memory and ends with the call. The folders are part of
 * the image; the commands stand in /bin for `which` and for scripts that look.
 */
class Scratch extends InMemoryFs {
  override async writeFile(...args: Parameters<InMemoryFs["writeFile"]>): Promise<void> {
    if (args[0] !== "/dev/null") await super.writeFile(...args);
  }
  override async appendFile(...args: Parameters<InMemoryFs["appendFile"]>): Promise<void> {
    if (args[0] !== "/dev/null") await super.appendFile(...args);
  }
}
const scratch = new Scratch(undefined, { maxTotalBytes: SHELL_LIMITS.maxFileSystemBytes });
/** Nothing is registered that the bundle cannot run, so that it reads as "command not found". */
const commands = getCommandNames().filter((name): name is CommandName => !ABSENT_COMMANDS.has(name));
for (const folder of ["/tmp", "/usr"]) scratch.mkdirSync(folder);
for (const name of commands) scratch.writeFileSync(`/bin/${name}`, "", undefined, { mode: 0o755 });
for (const name of ["null", "stdin", "stdout", "stderr"]) scratch.writeFileSync(`/dev/${name}`, "");

async function run(facts: ShellFacts): Promise<ShellResult> {
  const files = new MountableFs({ base: scratch });
  for (const folder of facts.folders) files.mount(folder, createWorkspaceFiles(folder));
  const bash = new Bash({
    fs: files,
    cwd: facts.cwd,
    env: { ...facts.env },
    commands,
    executionLimits: SHELL_LIMITS,
    // It guards the globals of a process that the shell shares with others. This one has an engine to itself.
    defenseInDepth: false,
  });
  const { stdout, stderr, exitCode } = await bash.exec(facts.code, { rawScript: true, stdin: facts.stdin });
  return { stdout, stderr, exit_code: exitCode & 0xff };
}

/** Called once. What the shell itself did not catch is a fault of ours or the engine's limit. */
function start(factsJson: string): void {
  const facts: ShellFacts = JSON.parse(factsJson);
  run(facts).then(
    (result) => ask("settled", "value", JSON.stringify(result)),
    (error: unknown) => ask("settled", "error", String(error)),
  );
}

Reflect.set(globalThis, SHELL_GLOBALS.start, start);
Reflect.set(globalThis, SHELL_GLOBALS.fire, runDueTimer);
