/** Long texts on their way to the model: their beginning, as much of it as a result has room for. */
import { READ_BYTES_MAX } from "./limits.ts";

const encoder = new TextEncoder();
export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength;
const jsonBytes = (text: string): number => utf8Bytes(JSON.stringify(text));

/**
 * The text itself when it fits, else the longest beginning of whole characters that does.
 * @param bytesMax of it as JSON, with its quotes.
 */
export function clipText(text: string, bytesMax = READ_BYTES_MAX): string {
  // A text takes more bytes as JSON than it has code units, so a longer one need not be written to know, nor whole.
  if (text.length <= bytesMax && jsonBytes(text) <= bytesMax) return text;
  const start = text.slice(0, bytesMax).toWellFormed();
  let fits = 0;
  let over = start.length + 1;
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (jsonBytes(headOf(start, middle)) <= bytesMax) fits = middle;
    else over = middle;
  }
  return headOf(start, fits);
}

/** One code unit less where the cut would go through a character. */
const headOf = (text: string, length: number): string => {
  const head = text.slice(0, length);
  return head.isWellFormed() ? head : head.slice(0, -1);
};
