/**
 * Rules for Markdown that carries data away: an image is fetched by whoever shows the text, so its address is a message
 * to its host. A link does so only when somebody follows it.
 */
import {
  ADDRESS_CHARS_MAX,
  BLANKS,
  carriesData,
  isElsewhere,
  LEADING,
  SOLID,
  sendsData,
  targetOf,
} from "./addresses.ts";
import { ledBy, literal } from "./growing.ts";
import { LOOKBEHIND_CHARS_MAX } from "./limits.ts";
import type { Rule } from "./scanner.ts";
import { holdsToken } from "./tokens.ts";

/** All that may be one: which of them is fetched is the browser's to say. */
const sourcesOf = (html: string): string[] =>
  [...html.matchAll(/\b(?:src(?:set)?|data|href|poster|background)\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"'>]+))/gi)].map(
    ([, ...values]) => values.find((value) => value !== undefined) ?? "",
  );

const solidBut = (set: string): string => `(?:[^${BLANKS}${set}\\\\]|\\\\${SOLID})`;
const TITLE = "(?:\\s[^)\\n]{0,200}\\)|\\))?";
const TITLE_BEGUN = "(?:$|\\s[^)\\n]{0,200}$)";

/**
 * The parentheses of an image or a link as far as they go; `targetOf` says where they end. Only an address with a
 * parenthesis goes on behind one that closes. `begun`: as far as the text goes.
 * @param max characters of an address; what is behind them is not looked at.
 */
function parenthesesOf(max: number): { readonly whole: string; readonly begun: string } {
  const rest = `(?:\\(${SOLID}{0,${max}}|\\\\)`;
  const bare = `(?:${solidBut("<()")}${solidBut("()")}{0,${max - 1}}${rest}?|${rest})`;
  return {
    whole: `\\(${LEADING}(?:<[^>\\n]{1,${max}}(?:>${TITLE})?|${bare}${TITLE})`,
    begun: `\\(${LEADING}(?:$|<[^>\\n]{0,${max}}(?:$|>${TITLE_BEGUN})|${bare}${TITLE_BEGUN})`,
  };
}
const TARGET = parenthesesOf(2_000);
/** Behind a bracket alone, which is in more places. */
const SHORT_TARGET = parenthesesOf(ADDRESS_CHARS_MAX);

const image: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "!",
  pattern: new RegExp(`!\\[[^\\]\\n]{0,200}\\]${TARGET.whole}`, "y"),
  growing: new RegExp(`!(?:$|\\[[^\\]\\n]{0,200}(?:$|\\](?:$|${TARGET.begun})))`, "y"),
  accept: sendsData,
};

/** Inside of code, a comment or a tag a bracket is none. */
const WITHOUT_BRACKETS = /(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)|<!--[\s\S]*?-->|<\/?[a-z][^<>]*>/gi;

/**
 * Whether what stands in front of a `](` leaves an image open: its words may have lines, and brackets, escaped or in pairs.
 * What cannot be told is one.
 */
const isImageOpen = (before: string): boolean =>
  [before, before.replace(WITHOUT_BRACKETS, "")].some((text) => {
    const open: ("image" | "link")[] = [];
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at);
      if (character === "\\") at++;
      else if (character === "[") open.push(text.charAt(at - 1) === "!" ? "image" : "link");
      else if (character === "]") open.pop();
    }
    const isUnknown = open.length === 0 && (before.length >= LOOKBEHIND_CHARS_MAX || text.includes("!["));
    return isUnknown || open.includes("image");
  });

/** Of an image whose words are none that `image` knows: they stay, and nothing is fetched. */
const imageEnd: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "\\]",
  pattern: new RegExp(`\\]${SHORT_TARGET.whole}`, "y"),
  growing: new RegExp(`\\](?:$|${SHORT_TARGET.begun})`, "y"),
  lookbehind: LOOKBEHIND_CHARS_MAX,
  accept: (found, before) => {
    const length = sendsData(found);
    return length > 0 && isImageOpen(before) ? length : 0;
  },
};

const REFERRED = `\\]:${LEADING}(?:<[^>\\n]{1,2000}>?|[^\\s<]${SOLID}{0,1999})`;
const REFERRED_BEGUN = `\\](?:$|:${LEADING}(?:$|<[^>\\n]{0,2000}$|[^\\s<]${SOLID}{0,1999}$))`;

/** `[name]: address`, which an image elsewhere may name. */
const reference: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.6,
  starts: "[",
  pattern: new RegExp(`\\[[^\\]\\n]{1,200}${REFERRED}`, "y"),
  growing: new RegExp(`\\[[^\\]\\n]{0,200}(?:$|${REFERRED_BEGUN})`, "y"),
  accept: sendsData,
};

/** Of one whose name has brackets or lines. */
const referenceEnd: Rule = {
  ...reference,
  starts: "\\]",
  pattern: new RegExp(REFERRED, "y"),
  growing: new RegExp(REFERRED_BEGUN, "y"),
};

const HTML = [
  ...["img", "image", "iframe", "frame", "source", "embed", "object", "video", "audio", "track", "input"],
  ...["link", "script", "body"],
];
/** After a name: a slash separates its attributes as well as a space or a new line does. */
const ATTRIBUTES = "[\\s/][^>]{0,2200}";
/** Each name, and each beginning of one that the text may end in. */
const HTML_BEGUN = HTML.map((name) => ledBy(literal(name), `${ATTRIBUTES}$`));

const htmlImage: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "<",
  pattern: new RegExp(`<(?:${HTML.join("|")})${ATTRIBUTES}>`, "iy"),
  growing: new RegExp(`<(?:$|${HTML_BEGUN.join("|")})`, "iy"),
  accept: (found) => (sourcesOf(found).some(carriesData) ? found.length : 0),
};

/** In a style, wherever that stands. */
const styleImage: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "Uu",
  pattern:
    /url\(\s{0,4}(?:"(?:https?:)?\/\/[^"\n]{1,2000}"|'(?:https?:)?\/\/[^'\n]{1,2000}'|(?:https?:)?\/\/[^\s"')]{1,2000})\s{0,4}\)/iy,
  growing: new RegExp(
    ledBy(
      literal("url("),
      `\\s{0,4}(?:$|"[^"\\n]{0,2008}(?:$|"\\s{0,4}$)|'[^'\\n]{0,2008}(?:$|'\\s{0,4}$)|[^\\s"')]{0,2008}\\s{0,4}$)`,
    ),
    "iy",
  ),
  accept: (found) => (carriesData(found) ? found.length : 0),
};

const link: Rule = {
  kind: "injection",
  label: "link_with_data",
  score: 0.5,
  starts: "[",
  pattern: new RegExp(`\\[[^\\]\\n]{0,200}\\]${TARGET.whole}`, "y"),
  growing: new RegExp(`\\[[^\\]\\n]{0,200}(?:$|\\](?:$|${TARGET.begun}))`, "y"),
  lookbehind: LOOKBEHIND_CHARS_MAX,
  accept: (found, before) => {
    const { url, length } = targetOf(found);
    const isData = isElsewhere(url) && (/[?&][^=&\s]{1,64}=[^&\s)]{24,}/.test(url) || holdsToken(url));
    return isData && !isImageOpen(before + found.slice(0, found.indexOf("]("))) ? length : 0;
  },
};

export const EXFILTRATION_RULES: readonly Rule[] = [
  image,
  imageEnd,
  reference,
  referenceEnd,
  htmlImage,
  styleImage,
  link,
];

/** A link passes: nothing is sent until somebody follows it. */
export const isImage = (rule: Pick<Rule, "label">): boolean => rule.label === "image_with_data";
