/** Runs one command of the repository with its own tools first on the path, and keeps what it printed. No policy. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

export type Ran = {
  /** Null: it could not be started, or it was stopped at its time limit. */
  readonly code: number | null;
  /** Standard output and error, interleaved as they came. */
  readonly output: string;
  readonly ms: number;
};

/** @param options.timeoutMs the command gets SIGKILL then; its output says so. */
export function run(
  command: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  const [file = "", ...args] = command;
  const started = performance.now();
  const path = [join(ROOT, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(file, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, NO_COLOR: "1", ...options.env, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const end = (code: number | null): void => {
      clearTimeout(timer);
      resolve({ code, output, ms: performance.now() - started });
    };
    const timer = setTimeout(() => {
      output += `\nstopped after ${options.timeoutMs} ms\n`;
      child.kill("SIGKILL");
    }, options.timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", (error) => {
      output += `${error.message}\n`;
      end(null);
    });
    child.on("close", end);
  });
}
