/** What the languages share of a call: its arguments, and the ends that are tool errors. */
import type { WorkerRequest, WorkerResponse } from "../../contract.ts";

/** The exit code of a program whose interpreter gave up: that of a process which a shell saw aborted. */
export const EXIT_ABORTED = 134;

export type Call<Language> = { readonly language: Language; readonly code: string; readonly stdin: string };

/** @returns a sentence when the arguments are no call. */
export function parseCall<Language extends string>(
  given: WorkerRequest["arguments"],
  languages: readonly Language[],
): Call<Language> | string {
  const { code, stdin = "" } = given;
  const language = languages.find((known) => known === given.language);
  if (language === undefined) return "language must be javascript, typescript, python or bash";
  if (typeof code !== "string") return "code must be text";
  if (typeof stdin !== "string") return "stdin must be text";
  // Text ends at a NUL inside the engines.
  if (code.includes("\0") || stdin.includes("\0")) return "code and stdin must not hold NUL";
  return { language, code, stdin };
}

export const refuseCall = (message: string): WorkerResponse => ({
  ok: false,
  error: { code: "TOOL_ARGUMENTS", message },
});

export const stoppedCall = (timeoutMs: number): WorkerResponse => ({
  ok: false,
  error: { code: "TOOL_TIMEOUT", message: `the program was stopped: it ran longer than ${timeoutMs} ms` },
});
