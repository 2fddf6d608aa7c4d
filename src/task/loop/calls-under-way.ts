/**
 * The calls that this instance has handed over and has no result of: so that what breaks them off writes down in the same
 * transaction that they were there, and what they asked of the network when that is known. A call that comes to its result
 * leaves nothing here. What a lost instance had under way is made out from the journal.
 */
import type { Clock } from "../../platform/index.ts";
import type { EgressRecord, ToolOutcome } from "../../tool/index.ts";
import { callIdOf } from "../journal/history.ts";
import type { Change, Journal } from "../journal/journal.ts";
import { type BrokenCall, brokenOff, endingOf, handedOver, lostCalls, nextAttempt } from "./broken-call.ts";

export type CallsOptions = {
  readonly journal: Pick<Journal, "row" | "history" | "approvals" | "handoffs" | "broken" | "isStarted">;
  readonly change: (change: Change) => boolean;
  readonly background: (work: Promise<unknown>) => void;
  readonly clock: Clock;
  /** A call's record is as it will stay. */
  readonly told: () => void;
};

type Begun = Pick<BrokenCall, "step" | "index" | "toolName" | "decision">;
type Place = Pick<BrokenCall, "step" | "index">;
type Doubt = {
  readonly error: NonNullable<ToolOutcome["error"]>;
  readonly egress: readonly EgressRecord[] | undefined;
};
type Late = Promise<readonly EgressRecord[]>;
type UnderWay = { readonly begun: Begun; readonly startedAt: number; late: Late | null; record: BrokenCall | null };

export class CallsUnderWay {
  readonly #options: CallsOptions;
  /** Of the run that this instance saw begin. */
  #epoch: number | null = null;
  readonly #calls = new Map<string, UnderWay>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** The call is handed over now. */
  begin(begun: Begun): void {
    const startedAt = this.#options.clock.now();
    this.#calls.set(callIdOf(begun.step, begun.index), { begun, startedAt, late: null, record: null });
  }

  /** The run has no use for its result any more. @param late what it asked of the network; never rejects. */
  leave(step: number, index: number, late: Late): void {
    const call = this.#calls.get(callIdOf(step, index));
    if (call === undefined) return;
    call.late = late;
    this.#settle(call);
  }

  /**
   * The call broke off in its tool while its run goes on: that is written down at once, for a person may have it made again
   * before anything else breaks. False when the run was overtaken.
   */
  breakOff({ step, index }: Place, { error, egress }: Doubt, commit: (change: Change) => boolean): boolean {
    const call = this.#calls.get(callIdOf(step, index));
    if (call === undefined) return false;
    const { journal, clock } = this.#options;
    const { begun, startedAt } = call;
    const at = clock.now();
    const attempt = nextAttempt(journal.broken(), begun);
    const record = { ...begun, attempt, ...brokenOff(error), at, durationMs: Math.max(0, at - startedAt) };
    const isOurs = commit({ broken: [egress === undefined ? record : { ...record, egress }] });
    if (isOurs) this.#calls.delete(callIdOf(step, index));
    else this.leave(step, index, Promise.resolve(egress ?? []));
    return isOurs;
  }

  /** The change with the calls that it breaks off: by ending the task, or by taking over from a run or giving it up. */
  withBroken(change: Change): Change {
    const broken = this.#brokenBy(change);
    return broken.length === 0 ? change : { ...change, broken };
  }

  /** A change was made. */
  after({ result, patch, broken = [] }: Change): void {
    if (result !== undefined) this.#calls.delete(callIdOf(result.record.step, result.record.index));
    for (const record of broken) {
      const call = this.#calls.get(callIdOf(record.step, record.index));
      if (call === undefined || record.isOpen !== true) continue;
      call.record = record;
      this.#settle(call);
    }
    if (patch?.epoch === undefined) return;
    this.#epoch = patch.epoch;
    this.#calls.clear();
  }

  #brokenBy(change: Change): readonly BrokenCall[] {
    const { journal, clock } = this.#options;
    const { row } = journal;
    const { transitions = [], patch } = change;
    if (row === null || (transitions.length === 0 && patch?.epoch === undefined)) return [];
    const now = clock.now();
    const ending = endingOf(change);
    const away = (patch?.finishedAt ?? null) === null ? [] : handedOver(journal.handoffs(), ending, now);
    if (row.state !== "running" || row.request.replay?.dry_run === true) return away;
    const known = { history: journal.history, approvals: journal.approvals(), broken: journal.broken() };
    if (row.epoch !== this.#epoch) {
      return [...away, ...lostCalls({ ...known, isStarted: (step, index) => journal.isStarted(step, index) }, now)];
    }
    const live = [...this.#calls.values()].map(({ begun, startedAt }): BrokenCall => {
      const attempt = nextAttempt(known.broken, begun);
      return { ...begun, attempt, ...ending, at: now, durationMs: Math.max(0, now - startedAt), isOpen: true };
    });
    return [...away, ...live];
  }

  #settle({ late, record }: UnderWay): void {
    if (late === null || record === null) return;
    const { change, background, told } = this.#options;
    const { isOpen: _, ...closed } = record;
    const settle = async (): Promise<void> => {
      const egress = await late;
      change({ broken: [egress.length === 0 ? closed : { ...closed, egress }] });
      told();
    };
    background(settle());
  }
}
