/**
 * The Durable Object that knows every task of one tenant: it grants the running slots, first come first served, kicks
 * whoever is next, and asks after tasks that fell silent, even when their alarm and their message were both lost.
 * It sleeps when the tenant has nothing unfinished. Of a task's truth it holds none.
 */
import { DurableObject } from "cloudflare:workers";
import { type Clock, describeError, type Log } from "../platform/index.ts";
import { ApprovalListStore, type ApprovalQuery } from "./approval-list-store.ts";
import { INDEX_KICKS_MAX, INDEX_SWEEP_MS, SLOT_LEASE_MS } from "./limits.ts";
import type { ApprovalsReport, IndexReport } from "./services.ts";
import { IndexStore, type ListQuery } from "./store.ts";
import { isEnded } from "./transitions.ts";
import type { TaskState } from "./types.ts";

export type IndexServices = {
  readonly clock: Clock;
  readonly log: Log;
  /** TENANT_MAX_RUNNING. */
  readonly maxRunning: number;
  /** Wakes a task's object; null when there is no such task. */
  readonly kick: (tenant: string, taskId: string) => Promise<TaskState | null>;
  /** Tenants with unfinished tasks are listed in the directory, for the cron's sweep. */
  readonly enlist: (tenant: string) => Promise<void>;
  readonly delist: (tenant: string) => Promise<void>;
};

const TENANT_KEY = "tenant";
const LISTED_KEY = "listed";

export class TenantIndexObject<Env = unknown> extends DurableObject<Env> {
  readonly #store: IndexStore;
  readonly #approvals: ApprovalListStore;
  readonly #services: IndexServices;
  #tenant: string | null;

  constructor(ctx: DurableObjectState, env: Env, services: IndexServices) {
    super(ctx, env);
    this.#services = services;
    this.#store = new IndexStore(ctx.storage.sql);
    this.#approvals = new ApprovalListStore(ctx.storage.sql);
    this.#tenant = this.#store.isReady ? (ctx.storage.kv.get<string>(TENANT_KEY) ?? null) : null;
  }

  async register(tenant: string, report: IndexReport): Promise<void> {
    await this.#own(tenant);
    this.#store.put(report, this.#now());
    await this.#keepWatch();
  }

  async acquire(tenant: string, report: IndexReport): Promise<boolean> {
    await this.#own(tenant);
    const now = this.#now();
    this.#store.put(report, now);
    await this.#keepWatch();
    const taken = this.#store.countRunning(report.task_id, now) + this.#store.countAhead(report.task_id, now);
    const isGranted = taken < this.#services.maxRunning;
    if (isGranted) this.#store.grant(report.task_id, now);
    else this.#store.want(report.task_id, now);
    return isGranted;
  }

  async renew(tenant: string, taskId: string): Promise<void> {
    await this.#own(tenant);
    this.#store.renew(taskId, this.#now());
  }

  async release(tenant: string, report: IndexReport): Promise<void> {
    await this.#own(tenant);
    this.#store.put(report, this.#now());
    this.#store.release(report.task_id);
    await this.#keepWatch();
    this.ctx.waitUntil(this.#kickNext());
  }

  async forget(tenant: string, taskId: string): Promise<void> {
    await this.#own(tenant);
    this.#store.forget(taskId);
    this.#approvals.forget(taskId);
  }

  /** False: no room for one that is open. */
  async reportApprovals(tenant: string, report: ApprovalsReport): Promise<boolean> {
    await this.#own(tenant);
    const isKept = this.ctx.storage.transactionSync(() => this.#approvals.put(report));
    if (!isKept) this.#services.log.warn("index.approvals_full", { tenant_id: tenant, task_id: report.task_id });
    return isKept;
  }

  async listApprovals(query: Omit<ApprovalQuery, "now">) {
    return this.#approvals.list({ ...query, now: this.#now() });
  }

  async list(query: ListQuery) {
    return this.#store.list(query);
  }

  /** Asks after every task that fell silent. Called by the alarm, and by the cron in case the alarm was lost. */
  async sweep(tenant: string): Promise<{ readonly kicked: number; readonly unfinished: number }> {
    await this.#own(tenant);
    // Silent for longer than a lease: a running task renews twice in that time, a queued one asks again.
    const silent = this.#store.silentSince(this.#now() - SLOT_LEASE_MS, INDEX_KICKS_MAX);
    await Promise.all(silent.map((taskId) => this.#kick(taskId)));
    await this.#kickNext();
    const unfinished = this.#store.countUnfinished();
    if (unfinished > 0) await this.#keepWatch();
    return { kicked: silent.length, unfinished };
  }

  override async alarm(): Promise<void> {
    const tenant = this.#tenant;
    if (tenant === null) return;
    try {
      const { unfinished } = await this.sweep(tenant);
      if (unfinished > 0) return this.ctx.storage.setAlarm(this.#now() + INDEX_SWEEP_MS);
      // Forgotten here first: a task that comes while the directory is told enlists the tenant again, behind this.
      this.ctx.storage.kv.delete(LISTED_KEY);
      await this.#services.delist(tenant);
    } catch (thrown) {
      this.#services.log.error("index.sweep_failed", { tenant_id: tenant, error: describeError(thrown) });
      await this.ctx.storage.setAlarm(this.#now() + INDEX_SWEEP_MS);
    }
  }

  /** The line moves up: as many waiting tasks as there are free slots. */
  async #kickNext(): Promise<void> {
    if (!this.#store.isReady) return;
    const free = this.#services.maxRunning - this.#store.countRunning("", this.#now());
    const next = this.#store.nextInLine(Math.max(0, Math.min(free, INDEX_KICKS_MAX)));
    await Promise.all(next.map((taskId) => this.#kick(taskId)));
  }

  async #kick(taskId: string): Promise<void> {
    const tenant = this.#tenant;
    if (tenant === null) return;
    try {
      const state = await this.#services.kick(tenant, taskId);
      if (state === null) await this.forget(tenant, taskId);
      else if (isEnded(state) || state === "waiting") this.#store.setState(taskId, state, this.#now());
    } catch (thrown) {
      // The task is asked again by the next sweep.
      this.#services.log.warn("index.kick_failed", {
        tenant_id: tenant,
        task_id: taskId,
        error: describeError(thrown),
      });
    }
  }

  /** An alarm while anything is unfinished, and a line in the directory. */
  async #keepWatch(): Promise<void> {
    const tenant = this.#tenant;
    if (tenant === null || this.#store.countUnfinished() === 0) return;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(this.#now() + INDEX_SWEEP_MS);
    if (this.ctx.storage.kv.get(LISTED_KEY) !== undefined) return;
    await this.#services.enlist(tenant);
    this.ctx.storage.kv.put(LISTED_KEY, true);
  }

  /** An index serves one tenant for ever; a call for another is a bug that must not write a row. */
  async #own(tenant: string): Promise<void> {
    if (this.#tenant === tenant) return;
    if (this.#tenant !== null) throw new Error("this index belongs to another tenant");
    this.#tenant = tenant;
    this.ctx.storage.kv.put(TENANT_KEY, tenant);
  }

  #now(): number {
    return this.#services.clock.now();
  }
}
