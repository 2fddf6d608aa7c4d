/**
 * Where words go. Standard output holds the answer alone: for people as text, with --json as exactly one document
 * (one per line for streams). Everything else goes to standard error.
 */
import type { CliError } from "./exit.ts";
import { escapeHidden, forTerminal } from "./terminal.ts";

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
  /** Documents, one a line, with and without --json. */
  lines(documents: readonly unknown[]): void;
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

/** Byte for byte into a pipe; a terminal is not to be driven by what a model or a pack wrote. */
export const textFor = (stream: Stream, text: string): string => (stream.isTTY === true ? forTerminal(text) : text);

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
  // The same document either way: what JSON leaves of characters that hide or steer, it has escapes for.
  const toLine = (document: unknown): string => {
    const text = JSON.stringify(document);
    return `${stdout.isTTY === true ? escapeHidden(text) : text}\n`;
  };
  return {
    json,
    stdout,
    stderr,
    paint,
    paintNote,
    result: (document, human) => {
      stdout.write(json ? toLine(document) : withNewline(human()));
    },
    lines: (documents) => {
      stdout.write(documents.map(toLine).join(""));
    },
    streamed: (document) => {
      if (json) stdout.write(toLine(document));
    },
    note: (text) => {
      stderr.write(withNewline(text));
    },
    failure: (error) => {
      const { failure, extra } = error;
      if (json) {
        stdout.write(toLine({ ok: false, error: failure, ...extra }));
        return;
      }
      // A server may be anybody's, and its words may be a model's or a pack's.
      const { code, message, hint, trace_id } = failure;
      const trace = trace_id === null ? "" : ` ${paintNote.dim(`(trace ${forTerminal(trace_id)})`)}`;
      stderr.write(`${paintNote.red("error")} ${forTerminal(`${code}: ${message}`)}${trace}\n`);
      if (hint !== null) stderr.write(`${paintNote.dim("hint")} ${forTerminal(hint)}\n`);
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
