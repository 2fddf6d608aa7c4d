/**
 * Where words go. Standard output holds the answer alone: for people as text, with --json as exactly one document
 * (one per line for streams). Everything else goes to standard error.
 */
import type { CliError } from "./exit.ts";

export type Stream = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

export type Paint = {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
};

export interface Output {
  readonly json: boolean;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Colours for standard output, and for standard error: each is plain when its stream is no terminal. */
  readonly paint: Paint;
  readonly paintNote: Paint;
  /** The command's answer. `human` is called only when no JSON is wanted. */
  result(document: unknown, human: () => string): void;
  /** One document of a stream. Nothing happens without --json. */
  streamed(document: unknown): void;
  /** A line for the reader's eyes, on standard error. */
  note(text: string): void;
  failure(error: CliError): void;
}

const painter = (on: boolean): Paint => {
  const code = (open: number, close: number) => (text: string) => (on ? `\x1b[${open}m${text}\x1b[${close}m` : text);
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) };
};

export function createOutput(options: {
  readonly json: boolean;
  /** False with --no-color, or when NO_COLOR is set and not empty. */
  readonly colour: boolean;
  readonly stdout: Stream;
  readonly stderr: Stream;
}): Output {
  const { json, stdout, stderr } = options;
  const paint = painter(options.colour && stdout.isTTY === true && !json);
  const paintNote = painter(options.colour && stderr.isTTY === true);
  const withNewline = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
  return {
    json,
    stdout,
    stderr,
    paint,
    paintNote,
    result: (document, human) => {
      stdout.write(json ? `${JSON.stringify(document)}\n` : withNewline(human()));
    },
    streamed: (document) => {
      if (json) stdout.write(`${JSON.stringify(document)}\n`);
    },
    note: (text) => {
      stderr.write(withNewline(text));
    },
    failure: (error) => {
      const { failure, extra } = error;
      if (json) {
        stdout.write(`${JSON.stringify({ ok: false, error: failure, ...extra })}\n`);
        return;
      }
      const trace = failure.trace_id === null ? "" : ` ${paintNote.dim(`(trace ${failure.trace_id})`)}`;
      stderr.write(`${paintNote.red("error")} ${failure.code}: ${failure.message}${trace}\n`);
      if (failure.hint !== null) stderr.write(`${paintNote.dim("hint")} ${failure.hint}\n`);
    },
  };
}

/** Rows under their heads, columns as wide as their widest cell. */
export function toTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? "").length)));
  return [heads, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
