/** Long texts on their way to the model: their beginning, as much of it as a result has room for. */
import { READ_BYTES_MAX } from "./limits.ts";

const encoder = new TextEncoder();
export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength;
const jsonBytes = (text: string): number => utf8Bytes(JSON.stringify(text));

/** The text itself when it fits, else its beginning. */
export function clipText(text: string): string {
  if (jsonBytes(text) <= READ_BYTES_MAX) return text;
  // Halving finds a length that fits in a few rounds, whatever the text costs as JSON.
  let length = Math.min(text.length, READ_BYTES_MAX);
  while (jsonBytes(text.slice(0, length)) > READ_BYTES_MAX) length = Math.floor(length / 2);
  return text.slice(0, length).toWellFormed();
}
