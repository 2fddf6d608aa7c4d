/** The one alarm of a task's object: set to the earliest due time, or to a moment of its own by a kick that nothing else may move. */
import type { Clock, Log } from "../platform/index.ts";
import { type Due, nextDue } from "./journal/due.ts";
import { ALARM_LATE_MS, FAULT_RETRY_MS } from "./limits.ts";

export type AlarmOptions = {
  readonly storage: Pick<DurableObjectStorage, "setAlarm" | "deleteAlarm">;
  readonly background: (work: Promise<void>) => void;
  readonly clock: Clock;
  readonly log: () => Log;
};

export class TaskAlarm {
  readonly #options: AlarmOptions;
  /** What the alarm is set to, as far as this instance knows; undefined when it does not. */
  #armedAt: number | null | undefined;
  /** A kick that no alarm has answered yet: whatever else is armed meanwhile must not move it. */
  #kickedAt: number | null = null;
  /** Its handler is at work, and the platform repeats it should that break off: nothing else has to be set. */
  #isRepeated = false;
  /** What was due when the alarm went off, the first of it. */
  #firedFor: number | null = null;

  constructor(options: AlarmOptions) {
    this.#options = options;
  }

  /**
   * The alarm went off: nothing is set any more, and nothing needs to be until its handler is done, its run is over, or it takes long.
   * @param isRetry it is a repetition itself: there may be but a few more, each later than the last, so the next alarm is ours again.
   * @param due null: there is no task.
   */
  fired(isRetry: boolean, due: Due | null): void {
    const first = due && nextDue(due);
    this.#firedFor = first !== null && first <= this.#options.clock.now() ? first : null;
    this.#armedAt = null;
    this.#kickedAt = null;
    this.#isRepeated = !isRetry;
  }

  /** The repetition is not relied on from here: for a run that broke off, whether the platform counted that or not, and for one that is over. */
  distrust(): void {
    this.#isRepeated = false;
  }

  /** From here on the alarm counts as answered, whether its handler is done or goes on for long. @param due null: the task is gone. */
  answer(due: Due | null): void {
    this.distrust();
    if (due === null) return;
    const now = this.#options.clock.now();
    const next = nextDue(due);
    const isUntouched = next !== null && next <= now && next === this.#firedFor && this.#kickedAt === null;
    if (isUntouched) {
      // A fault of ours: nobody took care of what is due. Set to it again it would go off for ever without a pause.
      this.#options.log().error("task.alarm_unanswered", { overdue_ms: now - next });
      this.set(now + FAULT_RETRY_MS);
    } else this.arm(due);
  }

  /** Sets the alarm to the earliest due time, or takes it away. */
  arm(due: Due): void {
    if (this.#isRepeated) return;
    const next = this.#kickedAt ?? nextDue(due);
    if (next === (this.#armedAt ?? null) && this.#armedAt !== undefined) return;
    if (next !== null) {
      this.set(next);
    } else {
      this.#armedAt = null;
      this.#options.background(this.#options.storage.deleteAlarm());
    }
  }

  /** Wakes the object by then, unless it is about to wake anyway: an alarm that is long due may have been lost. */
  kick(at: number): void {
    const armedAt = this.#armedAt ?? Number.POSITIVE_INFINITY;
    if (armedAt <= at && at - armedAt < ALARM_LATE_MS) return;
    this.#kickedAt = at;
    this.set(at);
  }

  set(at: number): void {
    this.#isRepeated = false;
    this.#armedAt = at;
    this.#options.background(this.#options.storage.setAlarm(at));
  }
}
