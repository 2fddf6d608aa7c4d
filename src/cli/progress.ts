/**
 * What a watched task is doing, in one line on standard error: redrawn in place on a terminal, otherwise one plain
 * line every ten seconds, so that a log shows life without filling up.
 */
import { PROGRESS_DRAW_MS, PROGRESS_PLAIN_MS } from "./limits.ts";
import type { Stream } from "./output.ts";
import { formatElapsed } from "./terminal.ts";

type ProgressFacts = {
  /** In the reader's words: queued, running, waiting ... */
  readonly state: string;
  readonly steps: number;
  /** Null until a server has told. */
  readonly tokens: number | null;
};

export interface Progress {
  update(facts: Partial<ProgressFacts>): void;
  /** Runs `write` with the line out of the way. `endsLine`: the cursor stands at the start of a line afterwards. */
  around(endsLine: boolean, write: () => void): void;
  stop(): void;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;

export function startProgress(stderr: Stream, now: () => number = Date.now): Progress {
  const startedAt = now();
  const live = stderr.isTTY === true;
  let facts: ProgressFacts = { state: "queued", steps: 0, tokens: null };
  let frame = 0;
  let drawn = false;
  // Text that streams on the same terminal owns the line until it ends it.
  let atLineStart = true;

  const text = (): string => {
    const steps = `${facts.steps} ${facts.steps === 1 ? "step" : "steps"}`;
    const tokens = facts.tokens === null ? [] : [`${facts.tokens.toLocaleString("en-US")} tokens`];
    return [facts.state, steps, ...tokens, formatElapsed(now() - startedAt)].join(" · ");
  };
  const clear = (): void => {
    if (drawn) stderr.write("\r\x1b[2K");
    drawn = false;
  };
  const draw = (): void => {
    if (!atLineStart) return;
    frame = (frame + 1) % FRAMES.length;
    // Cut to the width: a wrapped line could not be cleared again.
    stderr.write(`\r\x1b[2K${`${FRAMES[frame]} ${text()}`.slice(0, (stderr.columns || 80) - 1)}`);
    drawn = true;
  };
  const timer = live
    ? setInterval(draw, PROGRESS_DRAW_MS)
    : setInterval(() => stderr.write(`${text()}\n`), PROGRESS_PLAIN_MS);
  // The line must never be what keeps the process alive.
  timer.unref();

  return {
    update: (change) => {
      facts = { ...facts, ...change };
    },
    around: (endsLine, write) => {
      clear();
      write();
      atLineStart = endsLine;
    },
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}
