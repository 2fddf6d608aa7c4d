/**
 * Events as server-sent-event frames: encoded once, stored as they are sent, so a resumed stream is byte for byte
 * the uninterrupted one. JSON escapes line breaks, so `data` is always one line.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { toRfc3339 } from "../../platform/index.ts";
import type { TaskEvent } from "../types.ts";

export type NewEvent = { readonly type: string; readonly data: { readonly [name: string]: unknown } };

/** @param firstSeq sequence of the first event; the others follow without a gap. */
export function encodeFrames(events: readonly NewEvent[], firstSeq: number, now: number): string {
  const at = toRfc3339(now);
  return events
    .map(({ type, data }, index) => {
      const seq = firstSeq + index;
      const event: TaskEvent = { seq, type, at, data };
      return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
    })
    .join("");
}

const split = (frames: string): string[] => frames.split("\n\n").filter((frame) => frame !== "");

const seqOf = (frame: string): number => Number(/^id: (\d+)/.exec(frame)?.[1] ?? 0);

/** The part of `frames` whose sequence is in (after, upTo]. */
export function framesBetween(frames: string, after: number, upTo: number): string {
  const last = frames.lastIndexOf("\n\nid: ");
  if (seqOf(frames) > after && seqOf(frames.slice(last < 0 ? 0 : last + 2)) <= upTo) return frames;
  return split(frames)
    .filter((frame) => seqOf(frame) > after && seqOf(frame) <= upTo)
    .map((frame) => `${frame}\n\n`)
    .join("");
}

/** The last of stored frames as an event; undefined when there is none. */
export const parseLast = (frames: string): TaskEvent | undefined =>
  parseFrames(frames.slice(frames.lastIndexOf("\n\nid: ") + 1)).at(-1);

/** Stored frames back as events. */
export const parseFrames = (frames: string): TaskEvent[] =>
  split(frames).map((frame) => JSON.parse(frame.slice(frame.indexOf("\ndata: ") + 7)) as TaskEvent); // written above
