/** Cursors of lists: opaque to clients, so that what they hold can change. */
import { CURSOR_CHARS_MAX } from "./limits.ts";

/** First byte of every cursor; a later shape takes another. */
const VERSION = "1";

/** @param before what the list's source gave as the place to go on from. */
export function toCursor(before: string): string {
  const bytes = new TextEncoder().encode(VERSION + before);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Undefined for anything toCursor did not make. */
export function parseCursor(cursor: string): string | undefined {
  if (cursor.length > CURSOR_CHARS_MAX || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    const binary = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(binary, (char) => char.charCodeAt(0)),
    );
    return text.startsWith(VERSION) && text.length > 1 ? text.slice(1) : undefined;
  } catch {
    // Not base64, or not text: no cursor of ours.
    return undefined;
  }
}
