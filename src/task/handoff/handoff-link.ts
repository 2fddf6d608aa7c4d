/**
 * A task's lines to the tasks it handed work to, and to the one that handed work to it. A child tells its end until its
 * parent has taken it; the parent asks by itself now and then, and a parent that ends has its children cancelled. The due
 * times `handoff` and `parent` are stored with the changes that make them necessary, so no lost message hangs a task.
 */
import { AppError, type Clock, describeError, type Log, within } from "../../platform/index.ts";
import { HANDOFF_TOOL_ID } from "../../tool/index.ts";
import { toSignalEvents } from "../guarded/guarded.ts";
import { taintOf } from "../guarded/taint.ts";
import { type Due, type DueChange, isDue } from "../journal/due.ts";
import type { Change, Journal, TaskRow } from "../journal/journal.ts";
import { HANDOFF_ASK_MS_MAX, HANDOFF_TELL_MS_MAX, HANDOFF_TELL_MS_MIN } from "../limits.ts";
import { resumed } from "../loop/outcome.ts";
import { toolResultEvent } from "../loop/tool-result.ts";
import type { HandoffPort } from "../services.ts";
import { isEnded } from "../transitions.ts";
import {
  type ChildReport,
  chargeAtEnd,
  type Handoff,
  handoffDue,
  handoffOf,
  isOpen,
  settle,
  toCallResult,
  unknownChargeOf,
  withChanged,
} from "./handoff.ts";

export type HandoffLinkOptions = {
  readonly journal: Pick<Journal, "row" | "history" | "handoffs">;
  readonly port: HandoffPort;
  readonly change: (change: Change) => boolean;
  readonly background: (work: Promise<unknown>) => void;
  readonly clock: Clock;
  readonly log: () => Log;
};

export class HandoffLink {
  readonly #options: HandoffLinkOptions;

  constructor(options: HandoffLinkOptions) {
    this.#options = options;
  }

  /** The due times that a change brings with it; empty for a task without relations. */
  dueAfter(change: Change): DueChange {
    const { journal, clock } = this.#options;
    const now = clock.now();
    const handoffs =
      change.handoffs === undefined ? {} : handoffDue(withChanged(journal.handoffs(), change.handoffs), now);
    if (!isEnding(change)) return handoffs;
    const soon = now + HANDOFF_TELL_MS_MIN;
    return {
      ...(journal.handoffs().some(isOpen) ? { handoff: soon } : {}),
      ...(journal.row?.request.parent === undefined ? {} : { parent: soon }),
    };
  }

  /** A change was made: an end is told at once, beside everything else. */
  after(change: Change): void {
    const row = this.#options.journal.row;
    if (!isEnding(change) || row === null) return;
    if (row.due.handoff !== undefined) this.#options.background(this.flush());
    if (row.due.parent !== undefined) this.#options.background(this.tellParent());
  }

  /** What this task says to its parent; null when it is nobody's child. */
  report(): ChildReport | "going" | null {
    const { journal } = this.#options;
    const row = journal.row;
    const parent = row?.request.parent;
    if (row === null || parent === undefined) return null;
    if (row.finishedAt === null || !isEnded(row.state)) return "going";
    return {
      task_id: row.request.task_id,
      step: parent.step,
      index: parent.index,
      state: row.state,
      output: row.output,
      error: row.error,
      charge: chargeAtEnd(journal.history, journal.handoffs(), row),
      taint: taintOf(journal.history),
      active_ms: Math.max(0, row.finishedAt - row.createdAt - (row.waitedMs ?? 0)),
    };
  }

  /** Takes a child's end as the result of its call, once. True: the task goes on with it. */
  take(report: ChildReport): boolean {
    const { journal, change, clock } = this.#options;
    const row = journal.row;
    const handoff = handoffOf(journal.handoffs(), report.step, report.index);
    if (row === null || handoff === undefined || !isOpen(handoff)) return false;
    if (handoff.child.task_id !== report.task_id) return false;
    const now = clock.now();
    const settled = settle(handoff, now, report.charge);
    if (isEnded(row.state)) {
      change({ handoffs: [settled] });
      return false;
    }
    const record = toCallResult(handoff, report, now);
    const goingOn = row.state === "waiting" ? resumed(row, now, report.active_ms) : {};
    // No run commits this, so none looks at it: a child's words are as little to be trusted as any tool's.
    const signals = handoff.seeksSignals ? toSignalEvents(record) : [];
    const events = [toolResultEvent(record, HANDOFF_TOOL_ID), ...signals, ...(goingOn.events ?? [])];
    return change({ ...goingOn, handoffs: [settled], result: { record, changes: [] }, events });
  }

  /** Does what is due, for the alarm. Never rejects. True: the task goes on with a child's end. */
  async wake(due: Due, now: number): Promise<boolean> {
    const goesOn = isDue(due, "handoff", now) && (await this.flush());
    if (isDue(due, "parent", now)) await this.tellParent();
    return goesOn;
  }

  /** Asks after open children, or has them cancelled when this task has ended. Never rejects. True: it goes on. */
  flush(): Promise<boolean> {
    return this.#quietly(() => this.#askAll(), false);
  }

  /** Tells the parent of the end until it has taken it. Never rejects. */
  async tellParent(): Promise<void> {
    await this.#quietly(() => this.#tell(), undefined);
  }

  async #askAll(): Promise<boolean> {
    const { journal, change, clock } = this.#options;
    const row = journal.row;
    if (row === null) return false;
    const now = clock.now();
    // Moved on first: a due time in the past would wake the object again and again while a child is slow to answer.
    const due =
      row.finishedAt === null ? handoffDue(journal.handoffs(), now) : { handoff: now + tellDelayMs(row, now) };
    change({ due });
    const open = journal.handoffs().filter(isOpen);
    const goes = await Promise.all(open.map((handoff) => this.#quietly(() => this.#lookAt(row, handoff), false)));
    return goes.includes(true);
  }

  async #tell(): Promise<void> {
    const { journal, port, change, clock } = this.#options;
    const row = journal.row;
    const report = this.report();
    const parent = row?.request.parent;
    if (row === null || parent === undefined || report === null || report === "going") return;
    const now = clock.now();
    change({ due: { parent: now + tellDelayMs(row, now) } });
    await this.#within(async () => port.taskOf(row.request.tenant, parent.task_id).childEnded(report));
    change({ due: { parent: null } });
  }

  async #lookAt(row: TaskRow, handoff: Handoff): Promise<boolean> {
    const { port, change, clock } = this.#options;
    const { child, step, index } = handoff;
    const object = port.taskOf(row.request.tenant, child.task_id);
    if (isEnded(row.state)) {
      // Created first where that is not certain: a creation still on its way then finds it there, and cancelled.
      if (!handoff.isAccepted) await this.#within(async () => object.create(child));
      await this.#within(async () => object.cancel());
      const report = await this.#within(async () => object.childReport());
      const charge = report === null || report === "going" ? unknownChargeOf(handoff) : report.charge;
      change({ handoffs: [settle(handoff, clock.now(), charge)] });
      return false;
    }
    // The run that wrote it down creates it, or the next run does.
    if (!handoff.isAccepted) return false;
    const report = await this.#within(async () => object.childReport());
    if (report === "going") return false;
    return this.take(report ?? { ...GONE, charge: unknownChargeOf(handoff), task_id: child.task_id, step, index });
  }

  #within<T>(work: () => Promise<T>): Promise<T> {
    const late = () => new AppError("UNAVAILABLE", "another task did not answer in time");
    return within(this.#options.clock, HANDOFF_ASK_MS_MAX, late, work);
  }

  /** What cannot be reached now is still due. */
  async #quietly<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      this.#options.log().warn("task.handoff_unreachable", { error: describeError(thrown) });
      return otherwise;
    }
  }
}

/** What became of a child that is not there any more: its retention is over, and its word never came. */
const GONE = {
  state: "failed",
  output: null,
  error: null,
  taint: [],
  active_ms: 0,
} as const satisfies Partial<ChildReport>;

/** Until an end is told once more: soon at first, then the more seldom the longer nobody heard it. */
const tellDelayMs = ({ finishedAt }: TaskRow, now: number): number =>
  Math.min(HANDOFF_TELL_MS_MAX, Math.max(HANDOFF_TELL_MS_MIN, now - (finishedAt ?? now)));

const isEnding = ({ patch }: Change): boolean => (patch?.finishedAt ?? null) !== null;
