/**
 * A body whose bytes the runtime carries by itself, from stream to stream: JavaScript says what follows what and touches
 * none of them (decision 62).
 */

export type Outlet = {
  /**
   * All of `stream`. @param until leaves it early; a stream that is not the runtime's own is left with its next piece.
   * @throws what broke the stream, the signal's reason, or what tells that the reader has gone: that shows when something is sent.
   */
  readonly pipe: (stream: ReadableStream<Uint8Array>, until?: AbortSignal) => Promise<void>;
  /** Resolves when the reader has it. @throws when the reader has gone */
  readonly write: (bytes: Uint8Array) => Promise<void>;
};

/** @param work sends one thing after the other; the body ends when it is done, and breaks when it fails. */
export function passOn(work: (out: Outlet) => Promise<void>): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream();
  const out: Outlet = {
    pipe: (stream, signal) =>
      stream.pipeTo(writable, { preventClose: true, preventAbort: true, ...(signal === undefined ? {} : { signal }) }),
    write: async (bytes) => {
      const writer = writable.getWriter();
      await writer.write(bytes);
      writer.releaseLock();
    },
  };
  work(out)
    .then(
      () => writable.close(),
      (thrown: unknown) => writable.abort(thrown),
    )
    .catch(() => undefined); // The reader has gone, and nobody is left who could be told.
  return readable;
}
