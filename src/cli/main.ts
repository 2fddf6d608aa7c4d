/** One run of `vasini`: words in, exit code out. Every way to fail ends here, as text or as JSON. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { interrupted } from "./client.ts";
import { createContext } from "./context.ts";
import { CliError, EXIT, type ExitCode, ownError } from "./exit.ts";
import { createOutput } from "./output.ts";
import { buildProgram, isHelp, usageOf } from "./program.ts";
import { objectOf, parseJson, textOf } from "./value.ts";

/** @param words the command line after the program's name. @returns the exit code. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  const flags = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  const output = createOutput({
    json: flags.includes("--json"),
    colour: !flags.includes("--no-color") && !process.env.NO_COLOR,
    stdout: process.stdout,
    stderr: process.stderr,
  });
  const abort = new AbortController();
  // A second Ctrl-C must always work, whatever the first one is still waiting for.
  process.on("SIGINT", () => (abort.signal.aborted ? process.exit(EXIT.interrupted) : abort.abort()));
  // A command that waits for standard input looks at no signal: reading fails once there is nothing to read from.
  abort.signal.addEventListener("abort", () => process.stdin.destroy());
  // `vasini tasks ls | head -1` closes the pipe: that is no error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.error),
  );
  const context = createContext({ output, environment: process.env, signal: abort.signal, stdin: process.stdin });
  let code: ExitCode = EXIT.ok;
  const program = buildProgram({
    version: readVersion(),
    context,
    finish: (finished) => {
      code = finished;
    },
    writeHelp: (text) => {
      process.stdout.write(text);
    },
  });
  try {
    if (words.length === 0) program.help();
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (thrown) {
    if (isHelp(thrown)) return EXIT.ok;
    const error = toCliError(thrown, abort.signal.aborted);
    output.failure(error);
    return error.exitCode;
  } finally {
    // Whoever writes to it may keep it open for ever (`tail -f`), and the process would wait for that.
    process.stdin.destroy();
  }
}

/** @param isInterrupted the user pressed Ctrl-C: whatever broke off then, broke off for that. */
function toCliError(thrown: unknown, isInterrupted: boolean): CliError {
  const known = thrown instanceof CliError ? thrown : null;
  // A command that was told knows more than this: how its task is taken up again.
  if (isInterrupted && known?.failure.code !== "INTERRUPTED") return interrupted(null);
  if (known !== null) return known;
  const usage = usageOf(thrown);
  // Commander throws "(outputHelp)" for a group that was named without its command.
  if (usage === "(outputHelp)") return ownError("USAGE", "A command is missing.");
  if (usage !== null) return ownError("USAGE", usage);
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return ownError("INTERNAL_CLI", message.slice(0, 500));
}

function readVersion(): string {
  const path = join(import.meta.dirname, "../../package.json");
  return textOf(objectOf(parseJson(readFileSync(path, "utf8"))).version) ?? "unknown";
}
