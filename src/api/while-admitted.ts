/**
 * What goes on for as long as its caller may have it: a stream outlives the moment its credential was checked. The Worker
 * asks again by itself, so no object stays awake for it (decision 39).
 */
import { type AppError, Canceller, type CancelSignal, type Clock, describeError, type Log } from "../platform/index.ts";
import { type Admission, admit } from "./admit.ts";
import { READMIT_EVERY_MS } from "./limits.ts";
import { toAppError } from "./problem.ts";
import type { Scope } from "./route.ts";

export type Readmission = {
  /** Admits the caller as if the request came again. @throws what the request would be refused with */
  readonly admit: () => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * A signal that aborts, with the refusal as its reason, soon after the caller is not admitted any more.
 * @param over aborts when nobody needs to know any longer.
 */
export function untilRefused({ admit, clock, log }: Readmission, over: CancelSignal): AbortSignal {
  const refused = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(READMIT_EVERY_MS, over);
      const refusal = await admit().then(
        () => null,
        (thrown: unknown): AppError => toAppError(thrown, log),
      );
      if (over.aborted) return;
      if (refusal === null) continue;
      log.info("stream.refused", { code: refusal.code });
      refused.abort(refusal);
      return;
    }
  };
  watch().catch((thrown: unknown) => {
    // The sleep ends like this when the stream is over; anything else must not leave it unwatched.
    if (!over.aborted) refused.abort(toAppError(thrown, log));
  });
  return refused.signal;
}

/** Null for a caller that need not be asked again: the bare header of development is no credential. */
export function readmissionOf({ request, deps, principal, log }: Scope, admission: Admission): Readmission | null {
  if (principal === null || principal.kind === "header") return null;
  return { admit: () => admit(request.headers, admission, deps), clock: deps.clock, log };
}

/** What `work` sends for as long as its caller is admitted. Refused, it ends without an error. @param work is over when the signal aborts. */
export async function untilOver(
  readmission: Readmission | null,
  work: (refused?: AbortSignal) => Promise<void>,
): Promise<void> {
  if (readmission === null) return work();
  const over = new Canceller();
  const refused = untilRefused(readmission, over.signal);
  try {
    await work(refused);
  } catch (thrown) {
    if (!refused.aborted) throw thrown;
  } finally {
    over.abort();
  }
}

/** An answer whose body ends when its caller is refused. */
export function answerWhileAdmitted(scope: Scope, answer: Response, admission: Admission): Response {
  const readmission = readmissionOf(scope, admission);
  if (answer.body === null || readmission === null) return answer;
  return new Response(whileAdmitted(answer.body, readmission), answer);
}

/** The same bytes, ended early when the caller is refused: its client asks again, and is told why. */
export function whileAdmitted(
  stream: ReadableStream<Uint8Array>,
  readmission: Readmission,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  const over = new Canceller();
  const refused = untilRefused(readmission, over.signal);
  const leave = (): void => {
    reader.cancel(refused.reason).catch((thrown: unknown) => {
      readmission.log.info("stream.gone", { error: describeError(thrown) });
    });
  };
  refused.addEventListener("abort", leave, { once: true });
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const read = await reader.read();
        if (!read.done) return controller.enqueue(read.value);
        controller.close();
      } catch (thrown) {
        // A read that leave() interrupts is done by the standard, and rejected by workerd.
        if (refused.aborted) controller.close();
        else controller.error(thrown);
      }
      over.abort();
    },
    cancel: (reason) => {
      over.abort();
      return reader.cancel(reason);
    },
  });
}
