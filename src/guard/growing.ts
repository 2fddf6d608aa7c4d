/**
 * When a stretch of text at the end of a stream could still become a finding. A rule that may find something at a place
 * says so by a pattern of its beginnings, so that a stream waits there and nowhere else.
 */
import { LOOKAHEAD_CHARS } from "./limits.ts";

export type Shape = {
  /** What it begins with, one character after the other, as parts of a regular expression. */
  readonly lead?: readonly string[];
  /** Inside of a character class: everything that may follow. */
  readonly chars: string;
  /** Most characters after the lead. */
  readonly max: number;
};

const quote = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");

/** A fixed beginning as a lead. */
export const literal = (text: string): string[] => [...text].map(quote);

/** A lead, whole before the rest, or its beginning where the text ends. */
export const ledBy = (lead: readonly string[], rest: string): string =>
  lead.reduceRight((inner, part) => `${part}(?:$|${inner})`, rest);

/**
 * Matches, at its lastIndex, a beginning of the shape that the text ends in. A match ends where the characters do, and is
 * certain once the look-ahead behind it is there.
 */
export function toGrowing({ lead = [], chars, max }: Shape): RegExp {
  const rest = `[${chars}]{0,${max}}[\\s\\S]{0,${LOOKAHEAD_CHARS - 1}}$`;
  return new RegExp(ledBy(lead, rest), "y");
}
