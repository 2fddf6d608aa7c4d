/**
 * Tokens that stand for values in what a model reads, such as `[EMAIL_1]`: the same value has the same token, and whoever
 * gave the values gets them back in the answer. Numbers are those of one text; two texts must not share them. What looks
 * like a token in the text itself stands for nothing here: another task may have given it a meaning.
 */
import { TOKENS_MAX } from "./limits.ts";

const TOKEN = /\[[A-Z][A-Z0-9_]{0,30}_\d{1,4}\]/g;
/** One in an address, which may write its brackets as what they are there. */
const TOKEN_IN_ADDRESS = /(?:\[|%5[Bb])[A-Z][A-Z0-9_]{0,30}_\d{1,4}(?:\]|%5[Dd])/;
/** A token that the text so far may end in the middle of. */
const TOKEN_BEGUN = /\[(?:[A-Z][A-Z0-9_]{0,35})?$/;
const TOKEN_CHARS_MAX = 40;
const TOKEN_NUMBER_MAX = 9_999;

/** What an answer must not hold, where there is nobody to give it back to. */
export const toRemoved = (label: string): string => `[REDACTED ${label.toUpperCase()}]`;

/** Whether an address has a token in it: it would be sent with the value, once that is back. */
export const holdsToken = (address: string): boolean => TOKEN_IN_ADDRESS.test(address);

export class Tokens {
  readonly #byValue = new Map<string, string>();
  readonly #byToken = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #own: ReadonlySet<string>;

  /** @param text that the values stand in. */
  constructor(text = "") {
    this.#own = new Set(text.match(TOKEN));
  }

  /** The value's token; beyond TOKENS_MAX values, and where the text has every number itself, one that leads to none. */
  for(label: string, value: string): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const token = this.#byValue.size < TOKENS_MAX ? this.#next(label.toUpperCase()) : null;
    if (token === null) return toRemoved(label);
    this.#byValue.set(value, token);
    this.#byToken.set(token, value);
    return token;
  }

  #next(name: string): string | null {
    for (let count = (this.#counts.get(name) ?? 0) + 1; count <= TOKEN_NUMBER_MAX; count++) {
      const token = `[${name}_${count}]`;
      this.#counts.set(name, count);
      if (!this.#own.has(token)) return token;
    }
    return null;
  }

  /** The text with the values back in it. @param isJson then each value is written as inside of a JSON string. */
  restore(text: string, isJson = false): string {
    if (this.#byToken.size === 0) return text;
    return text.replace(TOKEN, (token) => {
      const value = this.#byToken.get(token);
      if (value === undefined) return token;
      return isJson ? JSON.stringify(value).slice(1, -1) : value;
    });
  }

  get size(): number {
    return this.#byToken.size;
  }
}

/** Tokens of a text that is quoted elsewhere: without their numbers, which mean something else there. */
export const unnumber = (text: string): string =>
  text.replace(TOKEN, (token) => `${token.slice(0, token.lastIndexOf("_"))}]`);

/** Restores in a text that comes in pieces; holds back what may be the beginning of a token. */
export class Restorer {
  readonly #tokens: Tokens;
  readonly #isJson: boolean;
  #held = "";

  constructor(tokens: Tokens, isJson = false) {
    this.#tokens = tokens;
    this.#isJson = isJson;
  }

  push(piece: string): string {
    if (this.#tokens.size === 0) return piece;
    const text = this.#held + piece;
    const tail = text.slice(-TOKEN_CHARS_MAX);
    const begun = TOKEN_BEGUN.exec(tail);
    const cut = begun === null ? text.length : text.length - tail.length + begun.index;
    this.#held = text.slice(cut);
    return this.#tokens.restore(text.slice(0, cut), this.#isJson);
  }

  finish(): string {
    const rest = this.#held;
    this.#held = "";
    return this.#tokens.restore(rest, this.#isJson);
  }
}
