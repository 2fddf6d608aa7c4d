/** Long texts on their way to the model: their beginning, as much of it as a result has room for. */
import { READ_BYTES_MAX } from "./limits.ts";

const encoder = new TextEncoder();
export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength;
const jsonBytes = (text: string): number => utf8Bytes(JSON.stringify(text));

/** The text itself when it fits, else the longest beginning of whole characters that does. */
export function clipText(text: string): string {
  if (jsonBytes(text) <= READ_BYTES_MAX) return text;
  // What is cut off here is no loss: a text takes more bytes as JSON than it has code units.
  const start = text.slice(0, READ_BYTES_MAX).toWellFormed();
  let fits = 0;
  let over = start.length + 1;
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (jsonBytes(headOf(start, middle)) <= READ_BYTES_MAX) fits = middle;
    else over = middle;
  }
  return headOf(start, fits);
}

/** One code unit less where the cut would go through a character. */
const headOf = (text: string, length: number): string => {
  const head = text.slice(0, length);
  return head.isWellFormed() ? head : head.slice(0, -1);
};
