/**
 * Takes out of a text what people do not see and models read: controls, zero-width characters, overrides of the writing
 * direction, tags that spell a hidden text; and writes disguised Latin letters as such. What scripts and emoji need stays:
 * joiners between letters that join, flags, one variation selector, direction marks in right-to-left text.
 * @see https://www.unicode.org/reports/tr36/
 */
import type { Finding } from "./types.ts";

/** A piece of the given text and what stands for it. */
type Edit = { readonly start: number; readonly end: number; readonly to: string };

export type Sanitized = {
  readonly text: string;
  readonly findings: readonly Finding[];
  /** What was spelled in tags, and where. */
  readonly hidden: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  /** Place in the given text of a place in the sanitised one. */
  readonly toGiven: (offset: number) => number;
  /** The same of an end: what was taken out behind it is not in front of it, and a letter is whole. */
  readonly toGivenEnd: (offset: number) => number;
};

type Kind = {
  readonly label: string;
  readonly pattern: RegExp;
  /** What stands for a match; null: it stays. */
  readonly replace: (match: string, at: Place) => string | null;
};

type Place = {
  readonly before: string;
  readonly after: string;
  readonly isRightToLeft: boolean;
  /** The next letters or digits on both sides are Latin ones: a number, an address of e-mail or a word goes on there. */
  readonly isInLatin: boolean;
};

const REMOVE = () => "";
/** Scripts whose letters a joiner or its absence shapes. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\uFE0F|\u20E3/u;
const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;

/** Inside of a class: ASCII, what is written as such, and what is taken out, which leaves what follows it behind ASCII. */
const ASCII_OR_GOES =
  " -~\\uFF10-\\uFF19\\uFF21-\\uFF3A\\uFF41-\\uFF5A\\u{1D400}-\\u{1D7FF}\\u00AD\\u034F\\u115F\\u1160\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\u3164\\uFEFF\\uFFA0\\u{E0000}-\\u{E007F}";

const keepsJoiner = ({ before, after }: Place): boolean =>
  (JOINING.test(before) && (JOINING.test(after) || !/[A-Za-z0-9]/.test(after))) ||
  (EMOJI.test(before) && EMOJI.test(after));

const KINDS: readonly Kind[] = [
  { label: "control", pattern: /(?:(?![\t\n\r])\p{Cc})+/gu, replace: REMOVE },
  { label: "control", pattern: /[\uD800-\uDFFF]/gu, replace: () => "\uFFFD" },
  {
    label: "hidden_text",
    pattern: /[\u{E0000}-\u{E007F}]+/gu,
    // A flag of a region: a black flag, up to six letters or digits, the end sign.
    replace: (match, { before }) =>
      before === "\u{1F3F4}" && /^[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}$/u.test(match) ? null : "",
  },
  {
    label: "variation_selector",
    pattern: /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{2,}|(?<![\p{Script=Han}\p{Script=Mongolian}])[\u{E0100}-\u{E01EF}]/gu,
    replace: REMOVE,
  },
  {
    label: "variation_selector",
    // Behind ASCII there are keycaps alone.
    pattern: new RegExp(
      `(?<=[${ASCII_OR_GOES}])[\\uFE00-\\uFE0F](?!\\u20E3|[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}])|(?<!\\p{Script=Mongolian})[\\u180B-\\u180D\\u180F]+`,
      "gu",
    ),
    replace: REMOVE,
  },
  {
    label: "zero_width",
    pattern: /(?:[\u200B\u2060-\u2064\u206A-\u206F\uFEFF\u180E\u00AD\u115F\u1160\uFFF9-\uFFFB\u3164\uFFA0]|\u034F)+/g,
    replace: REMOVE,
  },
  {
    label: "zero_width",
    pattern: /[\u200C\u200D]+/g,
    replace: (match, at) => (match.length === 1 && keepsJoiner(at) ? null : ""),
  },
  { label: "bidi", pattern: /[\u202A-\u202E\u2066-\u2069]+/g, replace: REMOVE },
  {
    label: "bidi",
    pattern: /[\u200E\u200F\u061C]+/g,
    replace: (_, { isRightToLeft, isInLatin }) => (isRightToLeft && !isInLatin ? null : ""),
  },
  {
    label: "disguised_letters",
    // Full-width and mathematical letters and digits, and nothing else of NFKC: the rest has a meaning of its own.
    pattern: /[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\u{1D400}-\u{1D7FF}]/gu,
    replace: (match) => match.normalize("NFKC"),
  },
];

/** A variation selector in between may go, and says nothing of emoji then. */
const characterBefore = (text: string, at: number): string => {
  const end = text[at - 1] === "\uFE0F" ? at - 1 : at;
  return [...text.slice(Math.max(0, end - 2), end)].at(-1) ?? "";
};
const characterAt = (text: string, at: number): string =>
  String.fromCodePoint(text.codePointAt(text[at] === "\uFE0F" ? at + 1 : at) ?? 32);

/** Characters on each side in which the next letter is looked for: more than separate the parts of any number. */
const NEAR_CHARS = 8;
const LATIN_BEFORE = /[A-Za-z0-9][\s!-/:-@[-`{-~\u200E\u200F\u061C]*$/;
const LATIN_AFTER = /^[\s!-/:-@[-`{-~\u200E\u200F\u061C]*[A-Za-z0-9]/;
const isInLatin = (text: string, start: number, end: number): boolean =>
  LATIN_BEFORE.test(text.slice(Math.max(0, start - NEAR_CHARS), start)) &&
  LATIN_AFTER.test(text.slice(end, end + NEAR_CHARS));

const spell = (tags: string): string =>
  [...tags]
    .map((tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000))
    .join("")
    .replace(/[^\x20-\x7e]/g, "");

type Found = Edit & { readonly label: string; readonly match: string };

function findEdits(text: string): Found[] {
  const isRightToLeft = RIGHT_TO_LEFT.test(text);
  return KINDS.flatMap(({ label, pattern, replace }) =>
    [...text.matchAll(pattern)].flatMap(({ 0: match, index: start }) => {
      const end = start + match.length;
      const place = {
        before: characterBefore(text, start),
        after: characterAt(text, end),
        isRightToLeft,
        isInLatin: isInLatin(text, start, end),
      };
      const to = replace(match, place);
      return to === null || to === match ? [] : [{ label, match, start, end, to }];
    }),
  ).sort((one, other) => one.start - other.start);
}

export function sanitize(given: string): Sanitized {
  const edits = findEdits(given);
  let text = "";
  let at = 0;
  /** Behind each edit: the place in the sanitised text, and in the given one. */
  const marks: { readonly to: number; readonly givenEnd: number }[] = [];
  for (const { start, end, to } of edits) {
    text += given.slice(at, start) + to;
    marks.push({ to: text.length, givenEnd: end });
    at = end;
  }
  text += given.slice(at);
  const toGiven = (offset: number): number => {
    const mark = lastBefore(marks, offset);
    return mark === undefined ? offset : mark.givenEnd + Math.max(0, offset - mark.to);
  };
  /** Of letters that were written as others: each stands for one, and may be two code units itself. */
  const ends = new Map(edits.filter(({ to }) => to !== "").map(({ start, end }) => [start, end]));
  return {
    text,
    findings: merge(edits),
    hidden: edits
      .filter(({ label }) => label === "hidden_text")
      .map(({ match, start, end }) => ({ text: spell(match), start, end })),
    toGiven,
    toGivenEnd: (offset) => {
      const last = toGiven(offset - 1);
      return ends.get(last) ?? last + 1;
    },
  };
}

/** One finding for each stretch of a kind. */
function merge(edits: readonly Found[]): Finding[] {
  const findings: Finding[] = [];
  for (const { label, start, end } of edits) {
    const last = findings.at(-1);
    const isSame = last?.label === label && last.end === start;
    const from = isSame ? findings.pop() : undefined;
    findings.push({ kind: "unicode", label, start: from?.start ?? start, end, score: 1 });
  }
  return findings;
}

/** The last mark that ends at or before the place, found by halving. */
export function lastBefore<T extends { readonly to: number }>(marks: readonly T[], offset: number): T | undefined {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.to ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return marks[low - 1];
}
