/**
 * A run while it is looked after: its lease and its slot are kept, its deadline ends it, and a fault of ours costs it an
 * attempt. Whatever of these ends the task, the tenant reads the output as after any other end.
 */
import { Canceller, describeError, type Log } from "../../platform/index.ts";
import { guardRun } from "../guarded/guarded.ts";
import type { IndexLink } from "../tenant/index-link.ts";
import { keepLease } from "./lease.ts";
import { runTask } from "./loop.ts";
import { deadlineExceeded, faulted } from "./outcome.ts";
import { withRemoteTools } from "./remote-tools.ts";
import { end, nowOf, type Run, type RunEnd } from "./run.ts";

type Own = {
  readonly storage: Pick<DurableObjectStorage, "kv">;
  readonly index: Pick<IndexLink, "renew">;
  readonly secure: () => void;
  readonly renewLease: (until: number) => void;
  /** Of the run's own signal. */
  readonly abort: Canceller;
  readonly log: Log;
};

export async function superviseRun(
  given: Run,
  { storage, index, secure, renewLease, abort, log }: Own,
): Promise<RunEnd> {
  const { clock, random } = given.services;
  const done = new Canceller();
  let run: Run = given;
  const keeper = keepLease({
    clock,
    signal: done.signal,
    row: given.row,
    slotSince: given.alarmStartedAt,
    secure,
    renewLease,
    renewSlot: () => index.renew(),
    onDeadline: () => {
      run.commit(deadlineExceeded(run.history(), nowOf(run)));
      abort.abort(new DOMException("the deadline passed", "TimeoutError"));
    },
    onLost: (thrown) => abort.abort(thrown),
  });
  try {
    // A firewall that breaks is a fault like any other.
    const guarded = guardRun(given);
    run = guarded;
    const equipped = await withRemoteTools(guarded, storage);
    run = equipped;
    return await runTask(equipped);
  } catch (thrown) {
    log.error("task.run_failed", { error: describeError(thrown) });
    const outputMaxLength = run.config.guardrails.output.max_length;
    const context = { ...nowOf(run), attempt: run.row().attempt, random, outputMaxLength };
    return end(run, faulted(run.history(), thrown, context));
  } finally {
    run.host.close();
    done.abort();
    await keeper;
  }
}
