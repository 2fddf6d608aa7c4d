/**
 * Finds what a table of rules describes, in a text that comes in pieces. Whether something begins at a place depends on a
 * bounded stretch around it and on where the finding before it ended, never on how the text was cut: the whole text in
 * one piece gives the same. Only what could still grow into a finding is held back. Rules are given the text as it reads
 * without escapes; what passes and what is found is cut out of the text as it came.
 */
import { LOOKBEHIND_CHARS, LOOKBEHIND_CHARS_MAX } from "./limits.ts";
import type { FindingKind } from "./types.ts";
import { Unescaped } from "./unescaped.ts";

export type Rule = {
  readonly kind: FindingKind;
  readonly label: string;
  readonly score: number;
  /** Inside of a character class: what it can begin with. Letters and digits count only where a word begins. */
  readonly starts: string;
  /** Sticky. It may look LOOKBEHIND_CHARS back and LOOKAHEAD_CHARS ahead. */
  readonly pattern: RegExp;
  /** Characters that `accept` is shown of what stands in front: LOOKBEHIND_CHARS by itself, LOOKBEHIND_CHARS_MAX at most. */
  readonly lookbehind?: number;
  /** Sticky; see growing.ts. */
  readonly growing: RegExp;
  /** How many characters of the match count; 0: it is none. @param before what stands in front of it. */
  readonly accept?: (found: string, before: string) => number;
};

export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "found"; readonly rule: Rule; readonly text: string; readonly start: number };

/** Rules by the code of the character they begin with; codes beyond this share one list. */
const CODES = 0x250;

export type RuleTable = readonly (readonly Rule[])[];

export function toRuleTable(rules: readonly Rule[]): RuleTable {
  const table: Rule[][] = Array.from({ length: CODES }, () => []);
  const characters = String.fromCharCode(...table.keys());
  for (const rule of rules) {
    for (const { index } of characters.matchAll(new RegExp(`[${rule.starts}]`, "g"))) table[index]?.push(rule);
  }
  return table;
}

const isWordCode = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

const matchesAt = (pattern: RegExp, text: string, at: number): string | null => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
};

export class Scanner {
  readonly #table: RuleTable;
  readonly #source = new Unescaped();
  /** Place in the whole text, as it was given, of the first character that is still here. */
  #base = 0;
  /** Up to here everything is decided. */
  #cursor = 0;

  /** @param before what rules may look back at and nothing is found in; places are counted from behind it. */
  constructor(table: RuleTable, before = "") {
    this.#table = table;
    this.#source.add(before);
    this.#cursor = this.#source.text.length;
    this.#base = -before.length;
  }

  push(piece: string): Segment[] {
    this.#source.add(piece);
    return this.#advance(false);
  }

  /** @param rest the last piece; of a whole text the only one, which then nothing waits for. */
  finish(rest = ""): Segment[] {
    this.#source.add(rest);
    this.#source.end();
    return this.#advance(true);
  }

  /** Characters that are not decided yet. */
  get held(): number {
    return this.#source.givenBehind(this.#cursor);
  }

  #advance(isLast: boolean): Segment[] {
    const segments: Segment[] = [];
    const source = this.#source;
    const { text } = source;
    let plainFrom = this.#cursor;
    let at = this.#cursor;
    const flush = (to: number) => {
      if (to > plainFrom) segments.push({ kind: "text", text: source.slice(plainFrom, to) });
    };
    while (at < text.length) {
      const rules = this.#rulesAt(at);
      if (!isLast && this.#mustWait(rules, at)) break;
      const found = rules.length === 0 ? null : this.#longest(rules, at);
      if (found === null) {
        at++;
        continue;
      }
      flush(at);
      const end = at + found.length;
      const start = this.#base + source.toGiven(at);
      segments.push({ kind: "found", rule: found.rule, text: source.slice(at, end), start });
      at = end;
      plainFrom = at;
    }
    flush(at);
    const drop = Math.max(0, at - LOOKBEHIND_CHARS_MAX);
    this.#base += source.drop(drop);
    this.#cursor = at - drop;
    return segments;
  }

  #rulesAt(at: number): readonly Rule[] {
    const { text } = this.#source;
    const code = text.charCodeAt(at);
    const isInWord = at > 0 && isWordCode(code) && isWordCode(text.charCodeAt(at - 1));
    return isInWord ? [] : (this.#table[code] ?? []);
  }

  #mustWait(rules: readonly Rule[], at: number): boolean {
    const { text } = this.#source;
    const isHalf = at === text.length - 1 && isHighSurrogate(text.charCodeAt(at));
    return isHalf || rules.some(({ growing }) => matchesAt(growing, text, at) !== null);
  }

  /** The first of the longest. */
  #longest(rules: readonly Rule[], at: number): { readonly rule: Rule; readonly length: number } | null {
    const { text } = this.#source;
    let best: { readonly rule: Rule; readonly length: number } | null = null;
    for (const rule of rules) {
      const match = matchesAt(rule.pattern, text, at);
      if (match === null || match === "") continue;
      const before = text.slice(Math.max(0, at - (rule.lookbehind ?? LOOKBEHIND_CHARS)), at);
      const length = rule.accept === undefined ? match.length : rule.accept(match, before);
      if (length > (best?.length ?? 0)) best = { rule, length };
    }
    return best;
  }
}
