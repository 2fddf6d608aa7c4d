/** The names that the two sides of the engine's wall agree on. Plain text crosses it, in both directions. */

/** The program's side finds this global at its start and removes it before any program runs. */
export const HOST_GLOBAL = "__host";
/** Where the program's side leaves its hooks for the host: removed when its image is taken. */
export const HOOK_GLOBALS = {
  /** (facts as JSON) -> the modules a program can import, as JSON. Called once, first. */
  start: "__start",
  /** (promise of the program's completion value): reports through `settled`. */
  watch: "__watch",
  /** () -> 0 when a timer ran, -1 when none is waiting, else the milliseconds until the next. */
  fire: "__fire",
  /** (error) -> how it reads on standard error. */
  describe: "__describe",
  /** () -> what `process.exitCode` says. */
  exitCode: "__exitCode",
} as const;
/** The stripper's one hook: (code, comma-separated transforms) -> plain script. */
export const STRIP_GLOBAL = "__strip";

/**
 * What the program's side may ask: `host(operation, first, second)`. The answer starts with `=` and the result, or
 * with `!`, an error code, a newline and a message.
 */
export type Operation =
  /** Standard output, standard error: (text). */
  | "out"
  | "err"
  /** Ends the program: (exit code). Does not return. */
  | "exit"
  /** What became of the program: ("value", JSON or empty) or ("error", description). */
  | "settled"
  /** Epoch milliseconds, by the clock that the program's time limit goes by. */
  | "now"
  /** A pack tool's request: (it as JSON) -> its id; the answer arrives later. */
  | "fetch"
  /** All of standard input. */
  | "stdin"
  /** Files: (path), except where named. */
  | "read"
  | "write" // (path, text)
  | "kind" // -> "file", "directory" or empty
  | "size" // -> bytes
  | "list" // -> JSON of names, folders end with "/"
  | "mkdir" // (path, "parents" or empty)
  | "remove"; // (path, "recursive" or empty)

/** Facts the program's side starts with, as JSON in the first call of the `start` hook. */
export type ProgramFacts = {
  readonly cwd: string;
  readonly file: string;
  readonly env: { readonly [name: string]: string };
};

/** Modules a program can load, with their exports, so that `import` can name them. */
export type ModuleTable = { readonly [name: string]: readonly string[] };
