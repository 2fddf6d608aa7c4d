/**
 * A task's events as bytes, through its waits. The object ends a stream when its task waits for a person, because an
 * open one would keep it in memory for days; from there on this side looks now and then, and shows the client that it
 * lives. After a while the stream ends, and reconnecting resumes it.
 */
import { type Clock, utf8 } from "../platform/index.ts";
import type { Followed } from "../task/index.ts";
import { WAIT_HEARTBEAT_POLLS, WAIT_POLL_MS, WAIT_POLLS_MAX } from "./limits.ts";
import { type Outlet, passOn } from "./pass-on.ts";
import { type Readmission, untilOver } from "./while-admitted.ts";

export type StreamSource = {
  /** Every event after that one; null when the task is gone or can have no more readers. */
  readonly follow: (after: number) => Promise<Followed | null>;
  /** over: the task has ended. waiting: no event follows until somebody decides. */
  readonly look: () => Promise<"over" | "waiting" | "going">;
  readonly clock: Clock;
};

const PING = utf8(": ping\n\n");

type Part = {
  readonly followed: Followed;
  /** Sequence that it begins after. */
  readonly after: number;
  /** The task had ended before it began: it holds everything there is. */
  readonly isLast: boolean;
};

type Passage = { readonly source: StreamSource; readonly out: Outlet; readonly refused: AbortSignal | undefined };

/** What follows a part that is at its end; null when nothing does. */
async function takeUp({ source, out, refused }: Passage, part: Part): Promise<Part | null> {
  if (part.isLast) return null;
  const { seq, isOver } = await part.followed.ending();
  // An object of which somebody holds something stays in memory.
  part.followed[Symbol.dispose]?.();
  if (isOver) return null;
  let now = await source.look();
  // Ended without a reason and without news: whoever reads takes it up again, at their own pace.
  if (now === "going" && seq === part.after) return null;
  for (let polls = 1; now === "waiting"; polls++) {
    if (polls > WAIT_POLLS_MAX) return null;
    await source.clock.sleep(WAIT_POLL_MS, refused);
    if (polls % WAIT_HEARTBEAT_POLLS === 0) await out.write(PING);
    now = await source.look();
  }
  const followed = await source.follow(seq);
  return followed && { followed, after: seq, isLast: now === "over" };
}

/** @param first what following after `options.after` gave. @param options.prefix is sent before it. */
export function throughWaits(
  source: StreamSource,
  first: Followed,
  options: { readonly after: number; readonly readmission: Readmission | null; readonly prefix?: Uint8Array },
): ReadableStream<Uint8Array> {
  const { after, readmission, prefix } = options;
  return passOn((out) =>
    untilOver(readmission, async (refused) => {
      if (prefix !== undefined) await out.write(prefix);
      let part: Part | null = { followed: first, after, isLast: false };
      while (part !== null) {
        await out.pipe(part.followed.stream, refused);
        part = await takeUp({ source, out, refused }, part);
      }
    }),
  );
}
