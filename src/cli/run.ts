/** `vasini run`: starts a task from a pack, and follows it when asked to. */
import { parseIdempotencyKey, parsePackId, parseSessionId } from "../platform/index.ts";
import { type CommonFlags, type Context, readInput, timeoutOf } from "./context.ts";
import { CliError, EXIT, type ExitCode, ownError } from "./exit.ts";
import { forTerminal } from "./terminal.ts";
import { objectOf, textOf } from "./value.ts";
import { watchTask } from "./watch.ts";

export type RunFlags = CommonFlags & {
  readonly watch?: boolean;
  readonly key?: string;
  readonly session?: string;
  readonly version?: string;
  readonly tier?: string;
  readonly timeout?: string;
};

const TIERS: readonly string[] = ["tier-1", "tier-2", "tier-3"];

/** @param input the text itself, or `-` for what standard input holds. */
export async function runCommand(context: Context, packId: string, input: string, flags: RunFlags): Promise<ExitCode> {
  checkFlags(packId, flags);
  const timeoutMs = timeoutOf(flags.timeout);
  // Made here, not by the server: a retry of this very command's request must reach the same task.
  const key = flags.key ?? crypto.randomUUID();
  const client = context.clientFor(flags);
  const body = {
    input: input === "-" ? await readInput(context) : input,
    ...(flags.session === undefined ? {} : { session_id: flags.session }),
    ...(flags.version === undefined ? {} : { version: flags.version }),
    ...(flags.tier === undefined ? {} : { tier: flags.tier }),
  };
  const path = `/api/v1/agents/${packId}/run`;
  const accepted = await client.send({ method: "POST", path, body, idempotencyKey: key }).catch((thrown: unknown) => {
    if (thrown instanceof CliError && ["INTERRUPTED", "TIMEOUT", "UNREACHABLE"].includes(thrown.failure.code)) {
      const hint = `${thrown.failure.hint ?? ""} With --key ${key} the same command reaches the same task.`.trim();
      throw new CliError({ ...thrown.failure, hint }, thrown.exitCode);
    }
    throw thrown;
  });
  return afterAccepted(context, accepted, { ...flags, timeoutMs });
}

/** Shows the accepted task, or follows it with `watch`. Shared with `tasks replay`. */
export async function afterAccepted(
  context: Context,
  accepted: unknown,
  flags: CommonFlags & { readonly watch?: boolean; readonly timeoutMs: number | null },
): Promise<ExitCode> {
  const { output } = context;
  const taskId = textOf(objectOf(accepted).task_id);
  if (taskId === undefined) throw ownError("BAD_ANSWER", "The server accepted the task without naming it.");
  const shown = forTerminal(taskId);
  if (flags.watch === true) {
    output.note(`task ${shown}`);
    const { signal } = context;
    return watchTask({
      client: context.clientFor(flags),
      output,
      taskId,
      after: 0,
      signal,
      timeoutMs: flags.timeoutMs,
    });
  }
  output.result(accepted, () => shown);
  if (!output.json) output.note(`Follow it with: vasini tasks watch ${shown}`);
  return EXIT.ok;
}

/** Mistakes that need no server to be seen; what is allowed beyond the grammar is the server's to say. */
function checkFlags(packId: string, flags: RunFlags): void {
  if (parsePackId(packId) === undefined) {
    throw ownError("USAGE", `"${packId}" is no pack id: lower-case letters, digits and "-", starting with a letter.`);
  }
  if (flags.key !== undefined && parseIdempotencyKey(flags.key) === undefined) {
    throw ownError("USAGE", "--key must be 1 to 255 visible ASCII characters.");
  }
  if (flags.session !== undefined && parseSessionId(flags.session) === undefined) {
    throw ownError("USAGE", '--session must be 1 to 64 letters, digits, ".", "_" or "-".');
  }
  if (flags.tier !== undefined && !TIERS.includes(flags.tier)) {
    throw ownError("USAGE", `--tier is "${flags.tier}"; expected one of ${TIERS.join(", ")}.`);
  }
}
