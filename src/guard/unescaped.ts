/**
 * A text that comes in pieces, as it reads once the escapes of JSON in it are what they stand for, and the way back to
 * what was given. An answer with a schema, a log or code is such a text: in `\n4111` a rule would see a word begin with n.
 */
import { lastBefore } from "./sanitize.ts";

/** A backslash in front of one counts by itself, so that JSON in JSON is read too, and so that cuts change nothing. */
const ESCAPE = /\\(?:["/bfnrt]|u[0-9A-Fa-f]{4})/g;
const ESCAPE_BEGUN = /\\(?:u[0-9A-Fa-f]{0,3})?$/;
const STANDS_FOR: Readonly<Record<string, string>> = { b: " ", f: "\f", n: "\n", r: "\r", t: "\t" };

const resolve = (given: string): string =>
  given.length > 2
    ? String.fromCharCode(Number.parseInt(given.slice(2), 16))
    : (STANDS_FOR[given.slice(1)] ?? given.slice(1));

/** Behind an escape: the place as it reads, and as it was given. */
type Mark = { readonly to: number; readonly given: number };

export class Unescaped {
  /** As it reads. Places are those in here. */
  text = "";
  /** Of what was given, the same stretch. */
  #given = "";
  #marks: Mark[] = [];
  /** The beginning of an escape that what was given ends in. */
  #begun = "";

  add(piece: string): void {
    const given = this.#begun + piece;
    this.#begun = given.includes("\\") ? (ESCAPE_BEGUN.exec(given.slice(-5))?.[0] ?? "") : "";
    this.#read(this.#begun === "" ? given : given.slice(0, -this.#begun.length));
  }

  /** Nothing follows: what is not whole is no escape. */
  end(): void {
    this.#append(this.#begun);
    this.#begun = "";
  }

  /** What was given from one place up to another. */
  slice(from: number, to: number): string {
    return this.#given.slice(this.toGiven(from), this.toGiven(to));
  }

  toGiven(place: number): number {
    const mark = lastBefore(this.#marks, place);
    return mark === undefined ? place : mark.given + place - mark.to;
  }

  /** Characters given behind a place. */
  givenBehind(place: number): number {
    return this.#given.length - this.toGiven(place) + this.#begun.length;
  }

  /** Forgets what stands in front of a place. @returns how many characters of what was given that is. */
  drop(place: number): number {
    const given = this.toGiven(place);
    this.text = this.text.slice(place);
    this.#given = this.#given.slice(given);
    if (this.#marks.length > 0) {
      this.#marks = this.#marks
        .filter(({ to }) => to > place)
        .map((mark) => ({ to: mark.to - place, given: mark.given - given }));
    }
    return given;
  }

  #read(given: string): void {
    let at = 0;
    if (given.includes("\\")) {
      for (const { 0: match, index } of given.matchAll(ESCAPE)) {
        this.#append(given.slice(at, index));
        this.text += resolve(match);
        this.#given += match;
        at = index + match.length;
        this.#marks.push({ to: this.text.length, given: this.#given.length });
      }
    }
    this.#append(at === 0 ? given : given.slice(at));
  }

  #append(plain: string): void {
    this.text += plain;
    this.#given += plain;
  }
}
