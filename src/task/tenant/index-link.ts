/**
 * A task's line to its tenant's index. What the index misses while it cannot be reached, its own sweep finds out from
 * the task, so telling it never fails the task.
 */
import { AppError, type Clock, describeError, type Log, within } from "../../platform/index.ts";
import { toApprovalItems } from "../approval/approval.ts";
import type { Journal } from "../journal/journal.ts";
import { INDEX_ASK_MS_MAX, RESERVED_MS } from "../limits.ts";
import type { IndexReport, TenantIndexPort } from "../services.ts";
import { isEnded } from "../transitions.ts";
import type { CreateTask } from "../types.ts";
import { toFirstReport, toReport } from "../view.ts";

export type IndexLinkOptions = {
  readonly journal: Pick<Journal, "row" | "lastSeq" | "updatedAt" | "history" | "approvals">;
  readonly indexOf: (tenant: string) => TenantIndexPort;
  readonly clock: Clock;
  readonly log: () => Log;
};

const tooLate = () => new AppError("UNAVAILABLE", "the tenant's index did not answer in time");

/** A slot that is asked for before the run that is to have it. */
type Reservation = { readonly isGranted: Promise<boolean | undefined>; readonly until: number };

export class IndexLink {
  readonly #options: IndexLinkOptions;
  #reserved: Reservation | null = null;

  constructor(options: IndexLinkOptions) {
    this.#options = options;
  }

  /**
   * Makes known a task that is about to be written: what is sent after a write waits for the disk. Should the task not
   * come to be, the index's sweep finds nothing and forgets it. One that starts itself asks for its slot with it.
   */
  async announce(args: CreateTask, now: number): Promise<void> {
    const report = toFirstReport(args, now);
    if (args.starts_itself !== true) return this.#tell(args.tenant, (index) => index.register(report));
    const isGranted = this.#tell(args.tenant, (index) => index.acquire(report));
    this.#reserved = { isGranted, until: now + RESERVED_MS };
    await isGranted;
  }

  async acquire(): Promise<"granted" | "refused" | "unreachable"> {
    if (await this.#takeReserved()) return "granted";
    const answer = await this.#ask((index, report) => index.acquire(report));
    return answer === undefined ? "unreachable" : answer ? "granted" : "refused";
  }

  async register(): Promise<void> {
    await this.#ask((index, report) => index.register(report));
  }

  async release(): Promise<void> {
    await this.#ask((index, report) => index.release(report));
  }

  async renew(): Promise<void> {
    await this.#ask((index, { task_id }) => index.renew(task_id));
  }

  /** Full: it has no room for what is open. */
  async reportApprovals(now: number): Promise<"told" | "full" | "unreachable"> {
    const { journal } = this.#options;
    const answer = await this.#ask((index, { task_id, version, state }) => {
      const { row, history } = journal;
      const place = row && { request: row.request, history, isEnded: isEnded(state), now };
      const items = place === null ? [] : toApprovalItems(journal.approvals(), place);
      return index.reportApprovals({ task_id, version, items });
    });
    return answer === undefined ? "unreachable" : answer ? "told" : "full";
  }

  /** Rejects when the index cannot be reached: a list must not name a task that is gone. */
  async forget(): Promise<void> {
    const { journal, indexOf } = this.#options;
    const request = journal.row?.request;
    if (request === undefined) return;
    const forget = async () => indexOf(request.tenant).forget(request.task_id);
    await within(this.#options.clock, INDEX_ASK_MS_MAX, tooLate, forget);
  }

  /** Once, and only what was granted: a slot that was refused may have become free since. */
  async #takeReserved(): Promise<boolean> {
    const reserved = this.#reserved;
    this.#reserved = null;
    if (reserved === null || (await reserved.isGranted) !== true) return false;
    return this.#options.clock.now() < reserved.until;
  }

  /** Undefined when the index could not be reached. */
  async #ask<T>(call: (index: TenantIndexPort, report: IndexReport) => Promise<T>): Promise<T | undefined> {
    const { journal } = this.#options;
    const row = journal.row;
    if (row === null) return undefined;
    return this.#tell(row.request.tenant, (index) => call(index, toReport(row, journal)));
  }

  async #tell<T>(tenant: string, call: (index: TenantIndexPort) => Promise<T>): Promise<T | undefined> {
    const { clock, indexOf } = this.#options;
    try {
      return await within(clock, INDEX_ASK_MS_MAX, tooLate, () => call(indexOf(tenant)));
    } catch (thrown) {
      this.#options.log().warn("task.index_unreachable", { error: describeError(thrown) });
      return undefined;
    }
  }
}
