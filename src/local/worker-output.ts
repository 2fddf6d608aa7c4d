/**
 * What `wrangler dev` and the worker print, line by line: what a person must see, and when the worker serves. Every
 * line goes to the log; only errors, and what the bundler says about them, go to the terminal.
 */
import { ERROR_LINES_MAX, LINE_CHARS_MAX } from "./limits.ts";

export type Judged = {
  /** The line without colours, as the log keeps it. */
  readonly log: string;
  /** What the terminal shows; null for nothing. */
  readonly show: string | null;
  /** Where the worker serves, when this line says so. */
  readonly readyUrl: string | null;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes start with the escape character
const COLOUR = /\u001b\[[0-9;]*m/g;
const MARKED_LOG_LINE = /^(?:✘ \[ERROR\]|▲ \[WARNING\]) \{(?=")/;
const READY = /Ready on (https?:\/\/\S+)/;
/** How the runtime tells of a host that it could not reach: whoever asked for it, such as a tool, is told in our words. */
const UNREACHED = /\[ERROR\] e = \S+:\d+: failed: (?:failed to lookup address|TLS handshake failed)/;
/** First lines of everything that is no continuation of an error. */
const OTHER = /^(\[wrangler|\[mf:|⎔|\{"|▲|GET |POST |PUT |DELETE |OPTIONS |HEAD )/;

/** One judge per output stream: an error of the bundler spans lines. */
export function createJudge(): (line: string) => Judged {
  let errorLines = 0;
  return (raw) => {
    // Wrangler marks what the worker writes to console.warn and console.error; the log keeps our lines bare.
    const log = raw.replace(COLOUR, "").replace(MARKED_LOG_LINE, "{").slice(0, LINE_CHARS_MAX);
    const readyUrl = READY.exec(log)?.[1] ?? null;
    if (log.startsWith("{")) {
      errorLines = 0;
      return { log, show: describeLogLine(log), readyUrl: null };
    }
    if (UNREACHED.test(log)) {
      errorLines = 0;
    } else if (log.includes("[ERROR]") || /^\[?wrangler:error/.test(log)) {
      errorLines = ERROR_LINES_MAX;
    } else if (OTHER.test(log)) {
      errorLines = 0;
    }
    const isShown = errorLines > 0 && log.trim() !== "";
    if (errorLines > 0) errorLines -= 1;
    return { log, show: isShown ? log : null, readyUrl };
  };
}

/** The worker's own errors, shortly; its other lines are for the log alone. */
function describeLogLine(line: string): string | null {
  try {
    const facts: Record<string, unknown> = JSON.parse(line);
    if (facts.level !== "error") return null;
    const parts = ["event", "code", "error", "task_id", "trace_id"].flatMap((name) =>
      facts[name] === undefined ? [] : [name === "event" ? String(facts[name]) : `${name}=${String(facts[name])}`],
    );
    return `error in the worker: ${parts.join(" ")}`;
  } catch {
    // Not JSON after all: it is in the log.
    return null;
  }
}
