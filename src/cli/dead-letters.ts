/** `vasini dlq`: what could not be handled, and doing it again. */
import { type CommonFlags, type Context, integerOf } from "./context.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { toTable } from "./output.ts";
import { shorten } from "./terminal.ts";
import { listOf, objectOf, textOf } from "./value.ts";

type ListFlags = CommonFlags & {
  readonly all?: boolean;
  readonly source?: string;
  readonly limit?: string;
  readonly cursor?: string;
};

export async function listDeadLetters(context: Context, flags: ListFlags): Promise<ExitCode> {
  const query = new URLSearchParams(flags.all === true ? {} : { state: "open" });
  if (flags.source !== undefined) query.set("source", flags.source);
  if (flags.limit !== undefined) query.set("limit", String(integerOf("--limit", flags.limit, { min: 1, max: 100 })));
  if (flags.cursor !== undefined) query.set("cursor", flags.cursor);
  const path = `/api/v1/dead-letters${query.size > 0 ? `?${query}` : ""}`;
  const page = await context.clientFor(flags).send({ method: "GET", path });
  const { items, next_cursor: next } = objectOf(page);
  const columns = ["id", "state", "source", "reason", "event_type", "task_id", "created_at"];
  const rows = listOf(items).map((item) => columns.map((name) => shorten(textOf(objectOf(item)[name]) ?? "-", 64)));
  const heads = ["LETTER", "STATE", "SOURCE", "REASON", "EVENT", "TASK", "CREATED"];
  context.output.result(page, () => (rows.length === 0 ? "" : toTable(heads, rows)));
  if (context.output.json) return EXIT.ok;
  if (rows.length === 0) context.output.note("No dead letters: everything was handled.");
  if (typeof next === "string") context.output.note(`More with: --cursor ${shorten(next, 1000)}`);
  return EXIT.ok;
}

/** What a person is told, and whether it is what was asked for. */
const OUTCOMES: Readonly<Record<string, { readonly text: string; readonly exit: ExitCode }>> = {
  replayed: { text: "replayed", exit: EXIT.ok },
  already_applied: { text: "already applied", exit: EXIT.ok },
  refused: { text: "refused as before; mend the cause and replay it again", exit: EXIT.error },
  impossible: { text: "cannot be replayed: the letter holds too little to do it again", exit: EXIT.error },
};

export async function replayDeadLetter(context: Context, id: string, flags: CommonFlags): Promise<ExitCode> {
  const path = `/api/v1/dead-letters/${encodeURIComponent(id)}/replay`;
  const answer = await context.clientFor(flags).send({ method: "POST", path, repeatable: true });
  const status = textOf(objectOf(answer).status) ?? "";
  const { text, exit } = OUTCOMES[status] ?? { text: status, exit: EXIT.error };
  context.output.result(answer, () => `${shorten(id, 64)} ${shorten(text, 100)}`);
  return exit;
}
