/** What may reach a terminal. Text of models, tools and other tenants must not move the cursor, rename the window or hide itself. */

/**
 * Control characters other than newline and tab, and the bidirectional overrides: escape sequences start with the
 * former, the latter reorder what is read.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this removes
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Unsafe characters become visible: U+FFFD. */
export const forTerminal = (text: string): string => text.replace(/\r\n/g, "\n").replace(UNSAFE, "\ufffd");

/** Control characters other than newline and tab, and all that takes no room or turns the order of what is read. */
const HIDDEN = /(?![\n\t])\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/gu;

/** JSON text that reads as it is: characters that hide are written as the escapes JSON has for them. */
export const escapeHidden = (json: string): string =>
  json.replace(HIDDEN, (hidden) =>
    // By code unit: JSON writes a character beyond the first plane as two.
    Array.from({ length: hidden.length }, (_, at) => `\\u${hidden.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );

/** One line of at most `max` characters. */
export function shorten(text: string, max: number): string {
  const line = forTerminal(text).replace(/\s+/g, " ").trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

/** `1.2 s`, `1:05`, `2:03:09`. */
export function formatElapsed(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
