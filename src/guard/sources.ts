/**
 * The sources that a task's tools returned, and whether an answer names one of them. This is the part of
 * `source_citation_required` that needs no judge: it says nothing about whether the source bears out the claim. Pure.
 */
import { SOURCES_MAX } from "./limits.ts";

/** A call that succeeded: what was asked, and its result as JSON text. */
export type Lookup = { readonly arguments: Readonly<Record<string, unknown>>; readonly resultJson: string };

const URL_IN_TEXT = /https?:\/\/[^\s"'<>)\]}\\]{4,2000}/g;
/** Members of a result that name where something is from. */
const NAMING = /^(?:url|uri|href|link|source|path|file|document|document_id|doc_id)$/i;
/** Arguments of a call that gives instead of fetching: what they name is no source of it. */
const GIVING = ["content", "body", "data", "new"];
/** Shorter names stand in any text by chance. */
const NAME_CHARS_MIN = 4;

function* namesIn(value: unknown, isNaming: boolean): Generator<string> {
  if (typeof value === "string") {
    for (const [url] of value.matchAll(URL_IN_TEXT)) yield url;
    if (isNaming) yield value;
  } else if (typeof value === "number") {
    if (isNaming) yield String(value);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      yield* namesIn(member, Array.isArray(value) ? isNaming : NAMING.test(name));
    }
  }
}

/** A name as an answer may write it: without the scheme and the slash at the end. */
const toSpoken = (name: string): string =>
  name
    .trim()
    .replace(/^https?:\/\//i, "")
    .replace(/[/.,;:]+$/, "")
    .toLowerCase();

/** What was fetched: `file_manager` does so with the action `read`, others have none. */
function* fetchedBy({ arguments: given }: Lookup): Generator<string> {
  const { url, path, action = "read" } = given;
  const isGiving = action !== "read" || GIVING.some((name) => given[name] !== undefined);
  if (!isGiving) for (const name of [url, path]) if (typeof name === "string") yield name;
}

/** What was fetched before what is only linked to, so that a page of links cannot crowd it out; the newest call first. */
function* namesOf(lookups: readonly Lookup[]): Generator<string> {
  const newest = lookups.toReversed();
  for (const lookup of newest) yield* fetchedBy(lookup);
  for (const { resultJson } of newest) yield* namesIn(JSON.parse(resultJson), false);
}

/** What an answer may name, as it would be written, each once; the first SOURCES_MAX. @param lookups in their order. */
export function sourcesOf(lookups: readonly Lookup[]): readonly string[] {
  const sources = new Set<string>();
  for (const name of namesOf(lookups)) {
    if (sources.size >= SOURCES_MAX) break;
    const spoken = toSpoken(name);
    if (spoken.length >= NAME_CHARS_MIN) sources.add(spoken);
  }
  return [...sources];
}

/** A file's own name, without its folders, will do. */
const fileOf = (source: string): string | null => /\/([^/?#]+\.[a-z0-9]{1,8})$/.exec(source)?.[1] ?? null;

export function namesSource(answer: string, sources: readonly string[]): boolean {
  const text = answer.toLowerCase();
  return sources.some((source) => {
    const file = source.startsWith("/") ? fileOf(source) : null;
    return text.includes(source) || (file !== null && text.includes(file));
  });
}

export const UNSOURCED =
  "It names none of the sources that were found. Name those that it rests on, as they were given.";
