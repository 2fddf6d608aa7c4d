/** Addresses in Markdown: where one ends, how a browser reads it, and whether it may carry data to its host. */
import { holdsToken } from "./tokens.ts";

/**
 * Something in an address that may be data: a query with a value, a long piece of a path or of a host's name that is no
 * word, or a token, for whoever reads the answer reads the value instead.
 */
export const carriesData = (url: string): boolean =>
  /[?&#][^=&\s]{0,64}=?[^&\s]{8,}/.test(url) ||
  /[/.](?=[^/?#]*\d)[A-Za-z0-9+=_%-]{32,}(?:[/?#.]|$)/.test(url) ||
  holdsToken(url);

/** An address as Markdown and then a browser read it: without escapes, references to characters and blanks. */
const asRead = (address: string): string =>
  address
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(/&(?:#0*(\d{1,6})|#x0*([\da-f]{1,5})|(colon)|sol);?/gi, (_, decimal, hex, colon) =>
      decimal || hex ? String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16)) : colon ? ":" : "/",
    )
    .trim()
    .replace(/[\t\n\r]/g, "")
    .replace(/\s/g, "+");

export const isElsewhere = (url: string): boolean => /^(?:https?:|[/\\]{2})/i.test(url);

/** What ends an address; other blanks belong to it. */
export const BLANKS = " \t\n\r\f\v";
export const SOLID = `[^${BLANKS}]`;

/** In front of an address: blanks, and the marks of a quotation that goes on in the next line. */
export const LEADING = "[\\s>]{0,200}";

type Target = { readonly url: string; readonly length: number };

/** Between `<` and `>` it may have blanks; else it ends at one, or where a parenthesis closes that it did not open. */
export function targetOf(found: string): Target {
  const begin = /\](?:\(|:)[\s>]*/.exec(found);
  const from = begin === null ? 0 : begin.index + begin[0].length;
  const rest = found.slice(from);
  const quoted = /^<([^>\n]*)/.exec(rest)?.[1];
  if (quoted !== undefined) return { url: asRead(quoted), length: found.length };
  const end = endOf(rest);
  return { url: asRead(rest.slice(0, end)), length: rest[end] === ")" ? from + end + 1 : found.length };
}

function endOf(address: string): number {
  let open = 0;
  for (let at = 0; at < address.length; at++) {
    const character = address.charAt(at);
    if (character === "\\") at++;
    else if (character === "(") open++;
    else if (character === ")" && --open < 0) return at;
    else if (BLANKS.includes(character)) return at;
  }
  return address.length;
}

/** Characters of an address; a longer one carries data. */
export const ADDRESS_CHARS_MAX = 500;

/** How many characters of what begins with the `](` of an image, or the `]:` of a reference, send data somewhere; 0: none do. */
export const sendsData = (found: string): number => {
  const { url, length } = targetOf(found);
  return isElsewhere(url) && (url.length >= ADDRESS_CHARS_MAX || carriesData(url)) ? length : 0;
};
