/**
 * A reader of a task's events on a line that breaks: it takes so many bytes, loses the connection, throws away the frame that it
 * has only a part of, and asks for what follows the last whole one, as the standard has it.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
import type { Random } from "../../../src/platform/index.ts";

/** One connection; what hangs longer is not gapless. */
const CONNECTION_MS_MAX = 300_000;
/** Some frames of text. */
const CUT_BYTES_MAX = 1_200;
/** Of the cuts, so many come before any event: whoever connects again has no other position than before. */
const EMPTY_SHARE = 0.2;

export type Line = { readonly url: string; readonly tenant: string; readonly taskId: string };

/** What the cuts were, all readers together. */
export type Cuts = { connections: number; made: number; beforeAny: number; inFrame: number; whileGoingOn: number };

export const noCuts = (): Cuts => ({ connections: 0, made: 0, beforeAny: 0, inFrame: 0, whileGoingOn: 0 });

export const pathOf = ({ url, taskId }: Line): string => `${url}/api/v1/tasks/${taskId}/events`;

/** Frames alone: a comment is no event, and comes when the time for it has come. */
const eventsIn = (frames: string): string => frames.replaceAll(/^:.*\n\n/gm, "");

/** @param after of the last event that the reader has; null when it has none, and then it names none. */
export async function read(
  line: Line,
  after: number | null,
  options: { readonly bytesMax?: number; readonly onPiece?: (piece: Uint8Array) => void } = {},
) {
  const { bytesMax = Number.POSITIVE_INFINITY, onPiece } = options;
  const response = await fetch(pathOf(line), {
    headers: {
      ...{ accept: "text/event-stream", "x-tenant-id": line.tenant },
      ...(after === null ? {} : { "last-event-id": String(after) }),
    },
    signal: AbortSignal.timeout(CONNECTION_MS_MAX),
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`a stream was answered ${response.status}: ${await response.text()}`);
  const pieces: Uint8Array[] = [];
  let left = bytesMax;
  if (left === 0) await response.body.cancel();
  // To leave the loop closes the connection.
  else
    for await (const piece of response.body) {
      pieces.push(piece.subarray(0, left));
      onPiece?.(piece);
      left -= piece.length;
      if (left <= 0) break;
    }
  const bytes = Buffer.concat(pieces);
  const end = bytes.lastIndexOf("\n\n") + 2;
  const whole = end < 2 ? 0 : end;
  return { frames: eventsIn(bytes.subarray(0, whole).toString()), isCut: left <= 0, isInFrame: whole < bytes.length };
}

/**
 * Reads until the line broke `cuts` times and then to the end; a task that ended before is read again from its first event.
 * @returns each transcript that was put together.
 */
export async function readWithCuts(
  line: Line,
  plan: { readonly cuts: number; readonly random: Random; readonly isGoingOn: () => boolean; readonly count: Cuts },
): Promise<string[]> {
  const { cuts, random, isGoingOn, count } = plan;
  const transcripts: string[] = [];
  let transcript = "";
  for (let made = 0; ; ) {
    const bytesMax = random() < EMPTY_SHARE ? 0 : 1 + Math.floor(random() * CUT_BYTES_MAX);
    const part = await read(line, lastSeqOf(transcript), made < cuts ? { bytesMax } : {});
    transcript += part.frames;
    count.connections += 1;
    if (part.isCut) {
      made += 1;
      count.made += 1;
      if (part.frames === "") count.beforeAny += 1;
      if (part.isInFrame) count.inFrame += 1;
      if (isGoingOn()) count.whileGoingOn += 1;
      continue;
    }
    transcripts.push(transcript);
    if (made >= cuts) return transcripts;
    transcript = "";
  }
}

const lastSeqOf = (frames: string): number | null => {
  const [, seq] = [...frames.matchAll(/^id: (\d+)$/gm)].at(-1) ?? [];
  return seq === undefined ? null : Number(seq);
};
