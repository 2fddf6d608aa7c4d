/**
 * Rules for Markdown that carries data away: an image is fetched by whoever shows the text, so its address is a message
 * to its host. A link does so only when somebody follows it.
 */
import { ledBy, literal } from "./growing.ts";
import type { Rule } from "./scanner.ts";
import { holdsToken } from "./tokens.ts";

/**
 * Something in an address that may be data: a query with a value, a long piece of a path or of a host's name that is no
 * word, or a token, for whoever reads the answer reads the value instead.
 */
const carriesData = (url: string): boolean =>
  /[?&#][^=&\s]{0,64}=?[^&\s]{8,}/.test(url) ||
  /[/.](?=[^/?#]*\d)[A-Za-z0-9+=_%-]{32,}(?:[/?#.]|$)/.test(url) ||
  holdsToken(url);

/** Between `<` and `>` it may have blanks. What is called so may have parentheses, so the first of them says nothing. */
const urlOf = (found: string): string => {
  const [, quoted, bare] = /(?:\]|url)\(\s*(?:<([^>\n]*)>|<?([^\s)>]+))/i.exec(found) ?? [];
  return quoted ?? bare ?? "";
};
/** All that may be one: which of them is fetched is the browser's to say. */
const sourcesOf = (html: string): string[] =>
  [...html.matchAll(/\b(?:src(?:set)?|data|href|poster|background)\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"'>]+))/gi)].map(
    ([, ...values]) => values.find((value) => value !== undefined) ?? "",
  );

/** What stands in the parentheses of an image or a link, as far as the text goes. Lines may break around an address. */
const TARGET_BEGUN = "\\(\\s{0,4}(?:$|<?[^\\s)>]{0,2008}>?(?:$|\\s[^)\\n]{0,200}$))";

const image: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "!",
  pattern: /!\[[^\]\n]{0,200}\]\(\s{0,4}<?(?:https?:)?\/\/[^\s)>]{1,2000}>?(?:\s[^)\n]{0,200})?\)/y,
  growing: new RegExp(`!(?:$|\\[[^\\]\\n]{0,200}(?:$|\\](?:$|${TARGET_BEGUN})))`, "y"),
  accept: (found) => (carriesData(urlOf(found)) ? found.length : 0),
};

/** `[name]: address`, which an image elsewhere may name. */
const reference: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.6,
  starts: "[",
  pattern: /\[[^\]\n]{1,200}\]:\s{0,4}<?(?:https?:)?\/\/[^\s>]{1,2000}>?/y,
  growing: /\[[^\]\n]{0,200}(?:$|\](?:$|:\s{0,4}(?:$|<?[^\s>]{0,2010}$)))/y,
  accept: (found) => (carriesData(found.slice(found.indexOf("]:"))) ? found.length : 0),
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
  pattern: /url\(\s{0,4}["']?(?:https?:)?\/\/[^\s"')]{1,2000}["']?\s{0,4}\)/iy,
  growing: new RegExp(ledBy(literal("url("), `\\s{0,4}(?:$|["']?[^\\s"')]{0,2008}(?:$|["']?\\s{0,4}$))`), "iy"),
  accept: (found) => (carriesData(urlOf(found)) ? found.length : 0),
};

const link: Rule = {
  kind: "injection",
  label: "link_with_data",
  score: 0.5,
  starts: "[",
  pattern: /\[[^\]\n]{0,200}\]\(\s{0,4}<?https?:\/\/[^\s)>]{1,2000}>?(?:\s[^)\n]{0,200})?\)/y,
  growing: new RegExp(`\\[[^\\]\\n]{0,200}(?:$|\\](?:$|${TARGET_BEGUN}))`, "y"),
  accept: (found) => {
    const url = urlOf(found);
    return /[?&][^=&\s]{1,64}=[^&\s)]{24,}/.test(url) || holdsToken(url) ? found.length : 0;
  },
};

export const EXFILTRATION_RULES: readonly Rule[] = [image, reference, htmlImage, styleImage, link];

/** A link passes: nothing is sent until somebody follows it. */
export const isImage = (rule: Pick<Rule, "label">): boolean => rule.label === "image_with_data";
