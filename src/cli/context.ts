/** What every command is given: where to write, whom to ask, and how it is told to stop. Built once per run of the command. */

import { parseDuration } from "../platform/index.ts";
import { type Client, createClient } from "./client.ts";
import { ownError } from "./exit.ts";
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

/** @throws CliError `USAGE` for anything but a whole number in the range. */
export function integerOf(flag: string, text: string, range: { readonly min: number; readonly max: number }): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw ownError("USAGE", `${flag} is "${text}"; expected a whole number from ${range.min} to ${range.max}.`);
}

/** Standard input to its end, as UTF-8. */
export async function readInput({ stdin }: Pick<Context, "stdin">): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin) text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
