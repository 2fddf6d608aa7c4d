/**
 * Rules for personal data with a structure: each has a form, and a checksum or a cue in front of it where the form alone
 * would fit other numbers. Names, addresses and dates have no structure to check and are not looked for.
 */
import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import { isIban, isLuhn } from "./checksums.ts";
import { toGrowing } from "./growing.ts";
import { IBAN_LENGTHS } from "./iban-lengths.ts";
import type { Rule } from "./scanner.ts";

/** The whole match, or nothing. */
const whole =
  (test: (found: string, before: string) => boolean): NonNullable<Rule["accept"]> =>
  (found, before) =>
    test(found, before) ? found.length : 0;

/** Endings that look like domains and are files, as in `logo@2x.png`. */
const FILE_ENDINGS = /\.(?:png|jpe?g|gif|webp|svg|css|js|json|html?)$/i;
const EMAIL_CHARS = "A-Za-z0-9À-ɏ._%+'@-";

const email: Rule = {
  kind: "pii",
  label: "email",
  score: 0.98,
  starts: "A-Za-z0-9À-ɏ",
  pattern:
    /(?<![À-ɏ_%+-])[A-Za-z0-9À-ɏ._%+'-]{1,64}@(?:[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ-]{0,61}[A-Za-z0-9À-ɏ])?\.){1,4}[A-Za-z]{2,24}(?![A-Za-z0-9@_-])/y,
  growing: toGrowing({ chars: EMAIL_CHARS, max: 350 }),
  accept: whole((found) => !FILE_ENDINGS.test(found) && !/^(?:git|.*\.\..*|.*\.)@/.test(found)),
};

const PHONE_CUE =
  /(?:tele?(?:phone|fono|fon)?|phone|mobile?|mobil|cell|fax|call|whatsapp|sms|handy|téléphone|portable|móvil|тел(?:ефон)?|電話|电话|手机)(?: (?:number|no|nr|is|me at|at|us at|him at|her at))?[^A-Za-z0-9]{0,4}$/iu;

/** Within a house, as people write it: "x123", "ext. 123". */
const EXTENSION = "(?: {0,2}(?:x|ext\\.?) {0,2}\\d{1,6})?";
const EXTENSION_AT_END = / {0,2}(?:x|ext\.?) {0,2}\d{1,6}$/;

const isPossible = (digits: string): boolean => /^\d{7,15}$/.test(digits);

/**
 * Whether a number with its country's code is one. A plus and ten digits and more are hardly anything else, so that a
 * length the country has is enough: which of its ranges are in use changes by the month.
 */
function isInternational(text: string): boolean {
  // "+41 (0)44" is +41 44 from abroad.
  const number = parsePhoneNumberFromString(text.replace(/^00/, "+").replace("(0)", ""));
  if (number === undefined) return false;
  return number.isValid() || (text.startsWith("+") && text.replace(/\D/g, "").length >= 10 && number.isPossible());
}

/** The longest beginning that ends at a separator and is a number of some country. */
function acceptInternational(found: string): number {
  const extension = EXTENSION_AT_END.exec(found)?.[0].length ?? 0;
  for (let end = found.length - extension; end >= 8; ) {
    const candidate = found.slice(0, end);
    if (isInternational(candidate)) return end === found.length - extension ? found.length : end;
    const cut = candidate.search(/[ ()./-]+\d+$/);
    if (cut < 0) return 0;
    end = cut;
  }
  return 0;
}

const phones: readonly Rule[] = [
  {
    kind: "pii",
    label: "phone",
    score: 0.95,
    starts: "+0",
    pattern: new RegExp(`(?<![\\w+])(?:\\+|00(?=[1-9]))\\d[\\d ()./-]{5,24}\\d${EXTENSION}(?![A-Za-z0-9])`, "y"),
    growing: toGrowing({ lead: ["(?:\\+|0)"], chars: "\\d ().\\/ext-", max: 46 }),
    accept: acceptInternational,
  },
  {
    kind: "pii",
    label: "phone",
    score: 0.85,
    starts: "1-9(",
    // North America, with separators.
    pattern: new RegExp(
      `(?<![\\w.+/=-])(?:1[ .-])?(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2}[ .-])[2-9]\\d{2}[ .-]\\d{4}${EXTENSION}(?![A-Za-z0-9]|[.-]\\d)`,
      "y",
    ),
    growing: toGrowing({ chars: "\\d ().ext-", max: 36 }),
  },
  {
    kind: "pii",
    label: "phone",
    score: 0.85,
    starts: "0(",
    // France, the United Kingdom and others that write a trunk prefix and groups.
    pattern:
      /(?<![\w.+/=-])(?:\(0\d{2,4}\) ?\d{3,4} ?\d{3,4}|0[1-9](?:([ .-])\d{2})(?:\1\d{2}){3}|0\d{4} \d{6}|0\d{3} \d{3} \d{4}|02\d \d{4} \d{4}|0\d{4} \d{3} \d{3})(?![A-Za-z0-9]|[ .-]\d)/y,
    growing: toGrowing({ chars: "\\d ().-", max: 22 }),
  },
  {
    kind: "pii",
    label: "phone",
    score: 0.8,
    starts: "0-9(",
    // Any form, where the words in front say what it is.
    pattern: /(?<![\w.+/=-])\(?\d[\d ()./-]{5,20}\d(?![A-Za-z0-9])/y,
    growing: toGrowing({ chars: "\\d ().\\/-", max: 24 }),
    accept: whole((found, before) => PHONE_CUE.test(before) && isPossible(found.replace(/\D/g, ""))),
  },
];

/** What card numbers begin with, by length. Source: ISO/IEC 7812 ranges as the networks publish them. */
const CARDS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^3(?:0[0-5]|[689])/, [14, 16]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^6(?:011|4[4-9]|5|2)/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [12, 13, 14, 15, 16, 18, 19]],
];

const CARD = {
  kind: "pii",
  label: "card",
  pattern: /(?<!\d[.,-]?|[A-Za-z_#-])\d(?:[ -]?\d){11,18}(?![A-Za-z0-9_]|[ -]?\d|\.\d)/y,
  growing: toGrowing({ chars: "\\d -", max: 40 }),
} as const;

const card: Rule = {
  ...CARD,
  score: 0.98,
  starts: "2-6",
  accept: whole((found) => {
    const digits = found.replace(/\D/g, "");
    return CARDS.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length)) && isLuhn(digits);
  }),
};

const CARD_CUE =
  /(?<![A-Za-z])(?:(?:credit|debit|bank|kredit)?(?:card|karte|carte|tarjeta|carta|cartão|kaart|kort)|cc|visa|mastercard|maestro|amex|jcb)(?![a-z])[^0-9\n]{0,24}$/i;

/** Networks take new ranges and leave old ones: where the words in front say that it is a card, its check digit is enough. */
const cardBehindWord: Rule = {
  ...CARD,
  score: 0.9,
  starts: "0-9",
  accept: whole((found, before) => CARD_CUE.test(before) && isLuhn(found.replace(/\D/g, ""))),
};

/** The length that the country's numbers have, spaces not counted; what follows is not part of it. */
function acceptIban(found: string): number {
  const length = IBAN_LENGTHS.get(found.slice(0, 2).toUpperCase()) ?? 0;
  let end = 0;
  for (let count = 0; end < found.length && count < length; end++) if (found[end] !== " ") count++;
  const compact = found.slice(0, end).replaceAll(" ", "").toUpperCase();
  const isWhole = compact.length === length && length > 0 && !/[A-Za-z0-9]/.test(found[end] ?? " ");
  return isWhole && isIban(compact) ? end : 0;
}

const iban: Rule = {
  kind: "pii",
  label: "iban",
  score: 0.99,
  starts: "A-Za-z",
  pattern: /(?<![_])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,32}(?![A-Za-z0-9_])/y,
  growing: toGrowing({ lead: ["[A-Za-z]", "[A-Za-z]", "\\d", "\\d"], chars: "A-Za-z0-9 ", max: 68 }),
  accept: acceptIban,
};

const isVersionCue = (before: string): boolean => /(?:\bv|version|release|ver\.?)[ :=]{0,2}$/i.test(before);

const ipv4: Rule = {
  kind: "pii",
  label: "ip",
  score: 0.9,
  starts: "0-9",
  pattern: /(?<![\w.-])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w/]|\.\d|-[A-Za-z])/y,
  growing: toGrowing({ chars: "\\d.", max: 16 }),
  // Neither loopback nor a mask names anybody.
  accept: whole((found, before) => !/^(?:0|127|255)\./.test(found) && !isVersionCue(before)),
};

/** RFC 4291, section 2.2, without the mixed form. */
function isIpv6(text: string): boolean {
  const halves = text.split("::");
  const groups = text.split(":").filter((group) => group !== "");
  if (halves.length > 2 || text.includes(":::") || /(?:^:[^:])|(?:[^:]:$)/.test(text)) return false;
  if (halves.length === 1) return groups.length === 8;
  // `a::b` is also how programs name things.
  return groups.length >= 2 && groups.length <= 7 && /\d/.test(text) && /^[0-9A-Fa-f]{3,4}:/.test(text);
}

const ipv6: Rule = {
  kind: "pii",
  label: "ip",
  score: 0.9,
  starts: "0-9A-Fa-f",
  pattern: /(?<![\w:.])[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{3,38}(?![\w:]|\.\d)/y,
  growing: toGrowing({ chars: "0-9A-Fa-f:", max: 48 }),
  accept: whole(isIpv6),
};

export const PII_RULES: readonly Rule[] = [email, ...phones, card, cardBehindWord, iban, ipv4, ipv6];
