/**
 * One session for everybody: work runs strictly one after the other, in the order it came. What nobody waits for any more
 * is passed over: callers give up after two seconds and come again, and a database that went on with what they left
 * behind would only ever answer too late.
 */
import type { SqlBackend, SqlOutcome } from "./protocol.ts";

const LEFT: SqlOutcome = { ok: false, failure: { message: "the caller hung up", code: null } };

export function oneAfterTheOther(backend: SqlBackend): SqlBackend {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (work, credentials, isWanted) => {
      const turn = last.then(async () => (isWanted() ? backend.run(work, credentials, isWanted) : LEFT));
      // A failure is its caller's; the next one has its turn all the same.
      last = turn.catch(() => undefined);
      return turn;
    },
    close: () => backend.close(),
  };
}
