/**
 * Whether the worker still answers. A part of the local runtime that ended alone is started by wrangler without its
 * configuration: it takes every request and answers none, and nobody else would see it.
 */
import { SILENCES_MAX } from "./limits.ts";

export type WatchOptions = {
  /** Rejects with a TimeoutError when no answer comes in time. */
  readonly ask: () => Promise<Response>;
  readonly restart: () => void;
};

/** @returns one look, to be made again and again. Never rejects. */
export function createWatch({ ask, restart }: WatchOptions): () => Promise<void> {
  let silences = 0;
  return async () => {
    const isSilent = await ask().then(drop, isTimeout);
    silences = isSilent ? silences + 1 : 0;
    if (silences < SILENCES_MAX) return;
    silences = 0;
    restart();
  };
}

/** Any answer is one; its words are of no use, also when they break off. */
async function drop(response: Response): Promise<false> {
  await response.body?.cancel().catch(() => undefined);
  return false;
}

/** A refused connection is a worker that has ended, which whoever started it sees. */
const isTimeout = (thrown: unknown): boolean => thrown instanceof DOMException && thrown.name === "TimeoutError";
