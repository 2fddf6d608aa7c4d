/**
 * One line of JSON per fact. Lines carry ids and codes, never what a user or a model wrote, and never a secret:
 * callers pass named facts, so there is no free text to leak through.
 */

export type LogContext = {
  readonly trace_id?: string;
  readonly tenant_id?: string;
  readonly task_id?: string;
  readonly agent_id?: string;
};
type Fact = string | number | boolean | null | undefined;
export type LogFacts = Readonly<Record<string, Fact>>;

export interface Log {
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
  /** A log whose lines also carry `context`. */
  with(context: LogContext): Log;
}

type Sink = (level: "info" | "warn" | "error", line: string) => void;

// The console is the platform's log; this is its only user.
// biome-ignore lint/suspicious/noConsole: the one sink
const toConsole: Sink = (level, line) => console[level](line);

/** @param sink receives the finished line without a newline. */
export function createLog(context: LogContext = {}, sink: Sink = toConsole): Log {
  const write = (level: "info" | "warn" | "error") => (event: string, facts?: LogFacts) =>
    sink(level, JSON.stringify({ level, event, ...context, ...facts }));
  return {
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (more) => createLog({ ...context, ...more }, sink),
  };
}

/** Name and message of anything thrown, at most 300 characters: for the log, never for the wire. */
export function describeError(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return text.slice(0, 300);
}
