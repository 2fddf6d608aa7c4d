/**
 * Keeps the tenant's list told of one task's approvals: at each change once, in the background. The due time `index` is
 * stored with the change itself, so whatever comes between the two is made up for by the alarm.
 */
import { type Clock, describeError, type Log } from "../../platform/index.ts";
import type { DueChange } from "../journal/due.ts";
import type { Change, Journal } from "../journal/journal.ts";
import { APPROVALS_FULL_RETRY_MS, INDEX_RETRY_MS } from "../limits.ts";
import type { IndexLink } from "../tenant/index-link.ts";
import { approvalDue, isOpen, withChanged } from "./approval.ts";

export type ReporterOptions = {
  readonly journal: Pick<Journal, "row" | "approvals">;
  readonly index: Pick<IndexLink, "reportApprovals">;
  readonly change: (change: Change) => boolean;
  readonly background: (work: Promise<void>) => void;
  readonly clock: Clock;
  readonly log: () => Log;
};

export class ApprovalReporter {
  readonly #options: ReporterOptions;
  #reporting: Promise<void> | null = null;
  /** Something changed since the report under way was made. */
  #isStale = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** The due times that a change brings with it; empty when it touches no approval. */
  dueAfter(change: Change): DueChange {
    const { journal, clock } = this.#options;
    const index = clock.now() + INDEX_RETRY_MS;
    const isEnd = change.patch?.finishedAt !== undefined;
    // An end withdraws what is still open: none of it expires any more.
    if (change.approvals === undefined) return isEnd && journal.approvals().some(isOpen) ? { index } : {};
    return { ...(isEnd ? {} : approvalDue(withChanged(journal.approvals(), change.approvals))), index };
  }

  touch(): void {
    this.#options.background(this.flush());
  }

  /** Resolves when the list knows, or could not be told. Never rejects. */
  flush(): Promise<void> {
    this.#isStale = true;
    this.#reporting ??= this.#run().finally(() => {
      this.#reporting = null;
    });
    return this.#reporting;
  }

  async #run(): Promise<void> {
    const { journal, log } = this.#options;
    try {
      while (this.#isStale && journal.row !== null) {
        this.#isStale = false;
        await this.#tell();
      }
    } catch (thrown) {
      // What could not be written now is still due.
      log().error("approvals.report_failed", { error: describeError(thrown) });
    }
  }

  async #tell(): Promise<void> {
    const { index, change, clock } = this.#options;
    const answer = await index.reportApprovals(clock.now());
    if (answer === "told") {
      if (!this.#isStale) change({ due: { index: null } });
      return;
    }
    const delayMs = answer === "full" ? APPROVALS_FULL_RETRY_MS : INDEX_RETRY_MS;
    change({ due: { index: clock.now() + delayMs } });
  }
}
