/** The files the worker serves beside the API (console, documents, engines): built before it starts. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { err, ok, type Result } from "../platform/index.ts";

/** Runs the build; its output is shown only when it fails. One sentence then. */
export async function buildAssets(root: string, signal: AbortSignal): Promise<Result<void, string>> {
  const child = spawn(process.execPath, [join(root, "scripts/build-assets.ts")], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-4_000);
    });
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  if (code === 0 || signal.aborted) return ok(undefined);
  return err(`The assets could not be built (npm run build): ${output.trim().split("\n").slice(-5).join(" ")}`);
}
