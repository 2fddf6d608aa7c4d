/**
 * The Durable Object that knows every task of one tenant: it grants the running slots, first come first served, kicks
 * whoever is next, and asks after tasks that fell silent or slept on past their own time, even when their alarm and their
 * message were both lost. It sleeps when the tenant has nothing unfinished, but for the times at which waiting tasks wake. Of a task's truth
 * it holds none.
 */
import { DurableObject } from "cloudflare:workers";
import { type Clock, describeError, type Log, within } from "../../platform/index.ts";
import { ENLIST_MS_MAX, INDEX_KICKS_MAX, INDEX_SWEEP_MS, SLOT_LEASE_MS, WATCH_GRACE_MS } from "../limits.ts";
import type { ApprovalsReport, IndexReport } from "../services.ts";
import { ApprovalListStore, type ApprovalQuery } from "./approval-list-store.ts";
import { IndexStore, type ListQuery, type SilentCursor, type SlotChange } from "./store.ts";
import { isStill, type Watched } from "./watch.ts";
import { WatchStore } from "./watch-store.ts";

export type IndexServices = {
  readonly clock: Clock;
  readonly log: Log;
  /** TENANT_MAX_RUNNING. */
  readonly maxRunning: number;
  /** Wakes a task's object; null when there is no such task. */
  readonly kick: (tenant: string, taskId: string) => Promise<Watched | null>;
  /** Tenants with tasks to look after are listed in the directory, for the cron's sweep. */
  readonly enlist: (tenant: string) => Promise<void>;
  readonly delist: (tenant: string) => Promise<void>;
};

const TENANT_KEY = "tenant";
const LISTED_KEY = "listed";
/** Where the sweep goes on among more silent tasks than it kicks at once. */
const SILENT_KEY = "silent";

export class TenantIndexObject<Env = unknown> extends DurableObject<Env> {
  readonly #store: IndexStore;
  readonly #approvals: ApprovalListStore;
  readonly #watches: WatchStore;
  readonly #services: IndexServices;
  #tenant: string | null;
  /** As far as this instance knows. */
  #isListed = false;
  /** When the alarm goes off, as far as this instance knows; null when it does not. */
  #armedAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env, services: IndexServices) {
    super(ctx, env);
    this.#services = services;
    this.#store = new IndexStore(ctx.storage.sql);
    this.#approvals = new ApprovalListStore(ctx.storage.sql);
    this.#watches = new WatchStore(ctx.storage.sql);
    this.#tenant = this.#store.isReady ? (ctx.storage.kv.get<string>(TENANT_KEY) ?? null) : null;
  }

  async register(tenant: string, report: IndexReport): Promise<void> {
    await this.#own(tenant);
    this.#take(report, "kept");
    await this.#keepWatch();
  }

  async acquire(tenant: string, report: IndexReport): Promise<boolean> {
    await this.#own(tenant);
    const now = this.#now();
    // First come, first served.
    const before = this.#store.countBefore(report.task_id, now);
    const isGranted = before === null || before < this.#services.maxRunning;
    this.#take(report, isGranted ? "granted" : "wanted");
    await this.#keepWatch();
    return isGranted;
  }

  async renew(tenant: string, taskId: string): Promise<void> {
    await this.#own(tenant);
    this.#store.renew(taskId, this.#now());
  }

  async release(tenant: string, report: IndexReport): Promise<void> {
    await this.#own(tenant);
    this.#take(report, "given back");
    await this.#keepWatch();
    this.ctx.waitUntil(this.#kickNext());
  }

  async forget(tenant: string, taskId: string): Promise<void> {
    await this.#own(tenant);
    this.#store.forget(taskId);
    this.#approvals.forget(taskId);
    this.#watches.forget(taskId);
  }

  /** Those of the named tasks that nobody needs to wake: known, and ended or waiting for somebody. */
  async stillAmong(taskIds: readonly string[]): Promise<readonly string[]> {
    return this.#store.stillAmong(taskIds);
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

  /**
   * Asks after tasks that fell silent, and after those that wait and slept on past their time; a page of each, so that the
   * next call goes on behind it. Called by the alarm, and by the cron in case the alarm was lost.
   */
  async sweep(tenant: string): Promise<{ readonly kicked: number; readonly unfinished: number }> {
    await this.#own(tenant);
    // Also what watches over an alarm that was lost.
    this.#armedAt = null;
    const asleep = this.#watches.dueBefore(this.#now() - WATCH_GRACE_MS, INDEX_KICKS_MAX);
    const kicked = [...this.#nextSilent(), ...asleep];
    await Promise.all(kicked.map((taskId) => this.#kick(taskId)));
    await this.#kickNext();
    await this.#keepWatch();
    return { kicked: kicked.length, unfinished: this.#store.countUnfinished() };
  }

  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const tenant = this.#tenant;
    if (tenant === null) return;
    try {
      await this.sweep(tenant);
      if (this.#nextLook() !== null) return;
      // Forgotten here first: a task that comes while the directory is told enlists the tenant again, behind this.
      this.#isListed = false;
      this.ctx.storage.kv.delete(LISTED_KEY);
      await this.#services.delist(tenant);
    } catch (thrown) {
      this.#services.log.error("index.sweep_failed", { tenant_id: tenant, error: describeError(thrown) });
      await this.ctx.storage.setAlarm(this.#now() + INDEX_SWEEP_MS);
    }
  }

  /** The line moves up: as many waiting tasks as there are free slots. */
  async #kickNext(): Promise<void> {
    const waiting = this.#store.nextInLine(INDEX_KICKS_MAX);
    if (waiting.length === 0) return;
    const free = this.#services.maxRunning - this.#store.countSlots(this.#now());
    const kicked = await Promise.all(waiting.slice(0, Math.max(0, free)).map((taskId) => this.#kick(taskId)));
    // One that was never written is forgotten by now, and its turn is another's.
    if (kicked.includes("forgotten")) await this.#kickNext();
  }

  async #kick(taskId: string): Promise<"forgotten" | undefined> {
    const tenant = this.#tenant;
    if (tenant === null) return;
    try {
      const watched = await this.#services.kick(tenant, taskId);
      if (watched === null) {
        await this.forget(tenant, taskId);
        return "forgotten";
      }
      this.#learn(taskId, watched);
    } catch (thrown) {
      // The task is asked again by a later sweep.
      this.#services.log.warn("index.kick_failed", {
        tenant_id: tenant,
        task_id: taskId,
        error: describeError(thrown),
      });
    } finally {
      // Whatever came of it: one that sleeps on must not keep those behind it from being asked.
      this.#watches.postpone(taskId, this.#now());
    }
  }

  /** What a task said of itself when it was asked, unless a report has overtaken it, or its end. */
  #learn(taskId: string, { state, dueAt, version }: Watched): void {
    if (version === undefined || !this.#store.isNews(taskId, version)) return;
    this.#watches.put(taskId, dueAt, version);
    if (isStill(state)) this.#store.setStill(taskId, { state, version }, this.#now());
  }

  /** A page of the tasks that are silent for longer than a lease: a running one renews at least twice in that time, a queued one asks again. */
  #nextSilent(): readonly string[] {
    const { kv } = this.ctx.storage;
    const after = kv.get<SilentCursor>(SILENT_KEY) ?? null;
    const { ids, next } = this.#store.silentSince(this.#now() - SLOT_LEASE_MS, after, INDEX_KICKS_MAX);
    if (next !== null) kv.put(SILENT_KEY, next);
    else if (after !== null) kv.delete(SILENT_KEY);
    return ids;
  }

  #take(report: IndexReport, slot: SlotChange): void {
    this.#store.put(report, slot, this.#now());
    this.#watches.put(report.task_id, report.due_at ?? null, report.version);
  }

  /** When to look again; null when there is nobody to look after. */
  #nextLook(): number | null {
    const soon = this.#now() + INDEX_SWEEP_MS;
    if (this.#store.hasUnfinished()) return soon;
    const dueAt = this.#watches.nextDue();
    return dueAt === null ? null : Math.max(soon, dueAt + WATCH_GRACE_MS);
  }

  /** An alarm while there is anybody to look after, and a line in the directory. */
  async #keepWatch(): Promise<void> {
    const tenant = this.#tenant;
    if (tenant === null || !(this.#looksSoon() || (await this.#arm()))) return;
    this.#isListed ||= this.ctx.storage.kv.get(LISTED_KEY) !== undefined;
    if (!this.#isListed) await this.#enlist(tenant);
  }

  /** Whether the alarm goes off no later than it would be set to, whoever is to be looked after: asked with each report. */
  #looksSoon(): boolean {
    const inMs = (this.#armedAt ?? 0) - this.#now();
    return inMs >= 0 && inMs <= INDEX_SWEEP_MS;
  }

  /** False: there is nobody to look after. */
  async #arm(): Promise<boolean> {
    const next = this.#nextLook();
    if (next === null) return false;
    const armedAt = await this.ctx.storage.getAlarm();
    const isSoonEnough = armedAt !== null && armedAt <= next;
    if (!isSoonEnough) await this.ctx.storage.setAlarm(next);
    this.#armedAt = isSoonEnough ? armedAt : next;
    return true;
  }

  /** A net under this object's own alarm, which is set by now: what cannot be told in a moment is told with the next call. */
  async #enlist(tenant: string): Promise<void> {
    const { clock, enlist, log } = this.#services;
    try {
      await within(
        clock,
        ENLIST_MS_MAX,
        () => new Error("no answer"),
        () => enlist(tenant),
      );
      this.ctx.storage.kv.put(LISTED_KEY, true);
      this.#isListed = true;
    } catch (thrown) {
      log.warn("index.enlist_failed", { tenant_id: tenant, error: describeError(thrown) });
    }
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
