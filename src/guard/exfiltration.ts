/**
 * Rules for Markdown that carries data away: an image is fetched by whoever shows the text, so its address is a message
 * to its host. A link does so only when somebody follows it.
 */
import type { Rule } from "./scanner.ts";

/** Something in an address that may be data: a query with a value, or a long piece of a path that is no word. */
const carriesData = (url: string): boolean =>
  /[?&#][^=&\s]{0,64}=?[^&\s]{8,}/.test(url) || /\/(?=[^/?#]*\d)[A-Za-z0-9+=_%-]{32,}(?:[/?#.]|$)/.test(url);

const urlOf = (found: string): string =>
  /\(\s*<?([^\s)>]+)/.exec(found)?.[1] ?? /src\s*=\s*["']?([^\s"'>]+)/i.exec(found)?.[1] ?? "";

const wholeIfData = (found: string): number => (carriesData(urlOf(found)) ? found.length : 0);

const image: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "!",
  pattern: /!\[[^\]\n]{0,200}\]\(\s{0,4}<?(?:https?:)?\/\/[^\s)>]{1,2000}>?(?:\s[^)\n]{0,200})?\)/y,
  growing: /!(?:$|\[[^\]\n]{0,200}(?:$|\](?:$|\([^)\n]{0,2210}$)))/y,
  accept: wholeIfData,
};

const htmlImage: Rule = {
  kind: "injection",
  label: "image_with_data",
  score: 0.8,
  starts: "<",
  pattern: /<(?:img|iframe|source|embed|object)\s[^>\n]{0,2200}>/iy,
  growing: /<[a-z]{0,6}(?:$|\s[^>\n]{0,2200}$)/iy,
  accept: wholeIfData,
};

const link: Rule = {
  kind: "injection",
  label: "link_with_data",
  score: 0.5,
  starts: "[",
  pattern: /\[[^\]\n]{0,200}\]\(\s{0,4}<?https?:\/\/[^\s)>]{1,2000}>?(?:\s[^)\n]{0,200})?\)/y,
  growing: /\[[^\]\n]{0,200}(?:$|\](?:$|\([^)\n]{0,2210}$))/y,
  accept: (found) => (/[?&][^=&\s]{1,64}=[^&\s)]{24,}/.test(urlOf(found)) ? found.length : 0),
};

export const EXFILTRATION_RULES: readonly Rule[] = [image, htmlImage, link];

/** A link passes: nothing is sent until somebody follows it. */
export const isImage = (rule: Pick<Rule, "label">): boolean => rule.label === "image_with_data";
