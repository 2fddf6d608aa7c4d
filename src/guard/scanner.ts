/**
 * Finds what a table of rules describes, in a text that comes in pieces. Whether something begins at a place depends on a
 * bounded stretch around it and on where the finding before it ended, never on how the text was cut: the whole text in
 * one piece gives the same. Only what could still grow into a finding is held back.
 */
import { LOOKBEHIND_CHARS } from "./limits.ts";
import type { FindingKind } from "./types.ts";

export type Rule = {
  readonly kind: FindingKind;
  readonly label: string;
  readonly score: number;
  /** Inside of a character class: what it can begin with. Letters and digits count only where a word begins. */
  readonly starts: string;
  /** Sticky. It may look LOOKBEHIND_CHARS back and LOOKAHEAD_CHARS ahead. */
  readonly pattern: RegExp;
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
  #buffer = "";
  /** Place of the buffer's first character in the whole text. */
  #base = 0;
  /** In the buffer: up to here everything is decided. */
  #cursor = 0;

  constructor(table: RuleTable) {
    this.#table = table;
  }

  push(piece: string): Segment[] {
    this.#buffer += piece;
    return this.#advance(false);
  }

  /** The rest, once nothing follows. */
  finish(): Segment[] {
    return this.#advance(true);
  }

  /** Characters that are not decided yet. */
  get held(): number {
    return this.#buffer.length - this.#cursor;
  }

  #advance(isLast: boolean): Segment[] {
    const segments: Segment[] = [];
    const text = this.#buffer;
    let plainFrom = this.#cursor;
    let at = this.#cursor;
    const flush = (to: number) => {
      if (to > plainFrom) segments.push({ kind: "text", text: text.slice(plainFrom, to) });
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
      segments.push({ kind: "found", ...found, start: this.#base + at });
      at += found.text.length;
      plainFrom = at;
    }
    flush(at);
    const drop = Math.max(0, at - LOOKBEHIND_CHARS);
    this.#buffer = text.slice(drop);
    this.#base += drop;
    this.#cursor = at - drop;
    return segments;
  }

  #rulesAt(at: number): readonly Rule[] {
    const code = this.#buffer.charCodeAt(at);
    const isInWord = at > 0 && isWordCode(code) && isWordCode(this.#buffer.charCodeAt(at - 1));
    return isInWord ? [] : (this.#table[code] ?? []);
  }

  #mustWait(rules: readonly Rule[], at: number): boolean {
    const isHalf = at === this.#buffer.length - 1 && isHighSurrogate(this.#buffer.charCodeAt(at));
    return isHalf || rules.some(({ growing }) => matchesAt(growing, this.#buffer, at) !== null);
  }

  /** The first of the longest. */
  #longest(rules: readonly Rule[], at: number): { readonly rule: Rule; readonly text: string } | null {
    let best: { readonly rule: Rule; readonly text: string } | null = null;
    for (const rule of rules) {
      const match = matchesAt(rule.pattern, this.#buffer, at);
      if (match === null || match === "") continue;
      const before = this.#buffer.slice(Math.max(0, at - LOOKBEHIND_CHARS), at);
      const length = rule.accept === undefined ? match.length : rule.accept(match, before);
      if (length > (best?.text.length ?? 0)) best = { rule, text: match.slice(0, length) };
    }
    return best;
  }
}
