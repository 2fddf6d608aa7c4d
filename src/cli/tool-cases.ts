/** `tools/<id>.test.jsonl`: one case a line, what a tool is called with and what must come of it. Pure. */
import { canonicalJson, err, ok, type Result } from "../platform/index.ts";
import { isObject, type JsonObject, listOf, objectOf, parseJson, textOf } from "./value.ts";

export type ToolCase = {
  readonly name: string;
  readonly arguments: JsonObject;
  /** Path -> text, before the call. */
  readonly files: Readonly<Record<string, string>>;
  /** Undefined: the call has to fail. */
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message?: string };
  /** Path -> text, null for a deleted file: all that the call may change. Undefined: whatever it likes. */
  readonly changes?: Readonly<Record<string, string | null>>;
};

const MEMBERS = ["name", "arguments", "files", "result", "error", "changes"];

/** The cases, or a sentence for every line that is none. Empty lines are skipped. */
export function parseCases(text: string): Result<readonly ToolCase[], readonly { line: number; problem: string }[]> {
  const cases: ToolCase[] = [];
  const problems: { line: number; problem: string }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = parseCase(parseJson(line));
    if (typeof parsed === "string") problems.push({ line: index + 1, problem: parsed });
    else cases.push(parsed);
  }
  return problems.length > 0 ? err(problems) : ok(cases);
}

function parseCase(data: unknown): ToolCase | string {
  if (!isObject(data)) return "is no JSON object";
  const unknown = Object.keys(data).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) return `has "${unknown}", which is none of ${MEMBERS.join(", ")}`;
  const { name, arguments: args = {}, files = {}, result, error, changes } = data;
  if (typeof name !== "string" || name === "") return "has no name";
  if (!isObject(args)) return "has arguments that are no object";
  if (!isTexts(files)) return "has files that are no object of texts";
  if (changes !== undefined && !isTextsOrNull(changes)) return "has changes that are no object of texts and nulls";
  if ("result" in data === "error" in data) return "needs either result or error";
  const expected = error === undefined ? { result } : parseError(error);
  if (typeof expected === "string") return expected;
  return { name, arguments: args, files, ...expected, ...(changes === undefined ? {} : { changes }) };
}

function parseError(error: unknown): Pick<ToolCase, "error"> | string {
  const { code, message } = objectOf(error);
  if (typeof code !== "string") return "has an error without a code";
  if (message !== undefined && typeof message !== "string") return "has an error whose message is no text";
  return { error: message === undefined ? { code } : { code, message } };
}

const isTexts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((text) => typeof text === "string");
const isTextsOrNull = (value: unknown): value is Record<string, string | null> =>
  isObject(value) && Object.values(value).every((text) => text === null || typeof text === "string");

/** A sentence about the first thing that is not as the case says; null when all is. @param outcome of the tool's host. */
export function judgeCase(wanted: ToolCase, outcome: JsonObject): string | null {
  const { code, message } = objectOf(outcome.error);
  const { error, changes } = wanted;
  if (error === undefined) {
    if (outcome.success !== true) return `failed with ${String(code)}: ${String(message)}`;
    const result = parseJson(textOf(outcome.resultJson) ?? "");
    if (canonicalJson(result) !== canonicalJson(wanted.result)) return `gave ${canonicalJson(result)}`;
  } else if (outcome.success === true) return `gave ${textOf(outcome.resultJson)} instead of failing`;
  else if (code !== error.code) return `failed with ${String(code)}: ${String(message)}`;
  else if (error.message !== undefined && message !== error.message) return `said: ${String(message)}`;
  if (changes === undefined) return null;
  const changed = Object.fromEntries(
    listOf(outcome.changes).map((item) => [String(objectOf(item).path), textOf(objectOf(item).text) ?? null]),
  );
  return canonicalJson(changed) === canonicalJson(changes) ? null : `changed ${canonicalJson(changed)}`;
}
