/**
 * The worker's variables as a file for `wrangler dev --env-file`: not on its command line, which every user of the
 * machine can read. Wrangler expands `$NAME` in such files, so every dollar sign is escaped.
 */
import { err, ok, type Result } from "../platform/index.ts";

/** Kinds of quotes the file format knows. Inside double quotes it also reads escapes, so they come last. */
const QUOTES = ["'", "`", '"'] as const;

/** The file's text; or one sentence per variable whose value no quoting can carry. */
export function toEnvFile(variables: Readonly<Record<string, string>>): Result<string, readonly string[]> {
  const faults: string[] = [];
  const lines = Object.entries(variables).map(([name, value]) => {
    const quote = QUOTES.find((mark) => !value.includes(mark) && (mark !== '"' || !value.includes("\\")));
    // A backslash before the closing quote would escape it.
    if (quote === undefined || value.endsWith("\\")) {
      faults.push(`${name} holds a mix of quotes and backslashes that cannot be handed to the worker.`);
      return "";
    }
    return `${name}=${quote}${value.replaceAll("$", "\\$")}${quote}\n`;
  });
  return faults.length > 0 ? err(faults) : ok(lines.join(""));
}
