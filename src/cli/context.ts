/** What every command is given: where to write, whom to ask, and how it is told to stop. Built once per run of the command. */

import { parseDuration } from "../platform/index.ts";
import { type Client, createClient } from "./client.ts";
import { ownError } from "./exit.ts";
import { WATCH_MS_MAX } from "./limits.ts";
import type { Output } from "./output.ts";
import { readSettings } from "./settings.ts";

export type Environment = { readonly [name: string]: string | undefined };

/** The flags every command has. */
export type CommonFlags = { readonly json?: boolean; readonly url?: string; readonly tenant?: string };

export type Context = {
  readonly output: Output;
  readonly environment: Environment;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly clientFor: (flags: CommonFlags) => Client;
};

export function createContext(ports: Omit<Context, "clientFor">): Context {
  return {
    ...ports,
    clientFor: (flags) => createClient({ settings: readSettings(ports.environment, flags), signal: ports.signal }),
  };
}

/** @throws CliError `USAGE` for anything but a duration such as 30s or 5m. */
export function durationOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const parsed = parseDuration(text);
  if (!parsed.ok) throw ownError("USAGE", `${flag} is "${text}"; expected ${parsed.error.expected}.`);
  return parsed.value;
}

/** How long to follow a task; null: as long as it takes. @throws CliError `USAGE` for what no timer can wait. */
export function timeoutOf(text: string | undefined): number | null {
  const timeoutMs = durationOf("--timeout", text);
  if (timeoutMs === null || timeoutMs <= WATCH_MS_MAX) return timeoutMs;
  const most = `at most ${WATCH_MS_MAX / 86_400_000}d; without it the watch lasts as long as the task`;
  throw ownError("USAGE", `--timeout is "${text}"; expected ${most}.`);
}

/** @throws CliError `USAGE` for anything but a whole number in the range. */
export function integerOf(flag: string, text: string, range: { readonly min: number; readonly max: number }): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw ownError("USAGE", `${flag} is "${text}"; expected a whole number from ${range.min} to ${range.max}.`);
}

type Source = Pick<Context, "stdin">;

async function* readTexts({ stdin }: Source): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of stdin) yield typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Standard input to its end, as UTF-8. */
export async function readInput(source: Source): Promise<string> {
  let text = "";
  for await (const more of readTexts(source)) text += more;
  return text;
}

/**
 * Standard input line by line, as UTF-8, without the ends of lines. Not node:readline: that one goes on waiting for a
 * stream nobody reads any more, and takes a line separator inside a JSON string for the end of a line.
 */
export async function* readLines(source: Source): AsyncGenerator<string> {
  let line = "";
  for await (const text of readTexts(source)) {
    const [more = "", ...others] = text.split("\n");
    line += more;
    for (const other of others) {
      yield line.replace(/\r$/, "");
      line = other;
    }
  }
  if (line !== "") yield line;
}
