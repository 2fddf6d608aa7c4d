/** What the shell's two sides agree on, and what the shell may spend. */

/** Where the shell leaves its hooks for the host: removed when its image is taken. */
export const SHELL_GLOBALS = {
  /** (facts as JSON): runs the script, reports through `settled`. */
  start: "__start",
  /** () -> 0 when a timer ran, -1 when none is waiting, else the milliseconds until the next. */
  fire: "__fire",
} as const;

export type ShellFacts = {
  readonly code: string;
  readonly stdin: string;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
  /** Where the task's files are mounted. */
  readonly folders: readonly string[];
};

export type ShellResult = { readonly stdout: string; readonly stderr: string; readonly exit_code: number };

/** Commands of just-bash that its browser build cannot run, or that need a network. */
export const ABSENT_COMMANDS: ReadonlySet<string> = new Set([
  ...["curl", "gunzip", "gzip", "zcat", "tar", "sqlite3", "xan", "yq", "python", "python3", "js-exec", "node"],
]);

const MIB = 1024 * 1024;

/**
 * Budgets inside the shell: a script that meets one gets a sentence and an exit code, where the engine's time and
 * memory would end the whole call. None of them is what keeps a call inside its limits; the engine is.
 */
export const SHELL_LIMITS = {
  /** Bytes of a script, and of one heredoc. */
  maxSourceBytes: MIB,
  maxHeredocSize: MIB,
  /** Rounds of one loop, and commands of one script: 10 to 20 seconds of work. */
  maxLoopIterations: 100_000,
  maxCommandCount: 100_000,
  maxAwkIterations: 100_000,
  maxSedIterations: 100_000,
  maxJqIterations: 100_000,
  maxWorkUnits: 1_000_000,
  /** Levels of functions and of `$(...)`: what fits in the engine's stack. */
  maxCallDepth: 50,
  maxSubstitutionDepth: 20,
  /** Bytes between two commands of a pipe and in a variable; an eighth of the largest heap. */
  maxOutputSize: 4 * MIB,
  maxStringLength: 4 * MIB,
  maxLiveBytes: 16 * MIB,
  /** Bytes under /tmp and wherever else the task's files are not. */
  maxFileSystemBytes: 8 * MIB,
  /** Words from one `{1..n}`. */
  maxBraceExpansionResults: 100_000,
  maxArrayElements: 100_000,
} as const;
