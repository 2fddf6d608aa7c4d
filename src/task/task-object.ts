/**
 * The Durable Object of one task: the shell around the journal. It owns the alarm, the running flag and the readers;
 * what to do next is decided in decide.ts, how it ends in outcome.ts, every write is in journal.ts. Asking creates nothing.
 */
import { DurableObject } from "cloudflare:workers";
import type { AgentConfig } from "../pack/index.ts";
import { Canceller, type CancelSignal, describeError, type Log } from "../platform/index.ts";
import { toBytes } from "../tool/index.ts";
import { TaskAlarm } from "./alarm.ts";
import { ApprovalDesk } from "./approval/approval-desk.ts";
import { ApprovalReporter } from "./approval/approval-reporter.ts";
import { Delivery } from "./delivery.ts";
import { broughtOf } from "./guarded/brought.ts";
import { toTenant } from "./guarded/guarded.ts";
import { exportTask, importCarried } from "./handoff/carried.ts";
import type { ChildReport } from "./handoff/handoff.ts";
import { HandoffLink } from "./handoff/handoff-link.ts";
import { isDue, isPast } from "./journal/due.ts";
import { describeFiles } from "./journal/files.ts";
import { lastTextOf } from "./journal/history.ts";
import { type Change, Journal, type TaskRow } from "./journal/journal.ts";
import { ACCEPT_NET_MS, FAULT_RETRY_MS, INDEX_RETRY_MS, SLOT_RETRY_MS, START_AFTER_MS } from "./limits.ts";
import { CallsUnderWay } from "./loop/calls-under-way.ts";
import { timeOf } from "./loop/deadline.ts";
import { acceptedEvent, cancelled, deadlineExceeded, packGone, started } from "./loop/outcome.ts";
import { recallOnce } from "./loop/recall.ts";
import { type Run, type RunEnd, readsOf } from "./loop/run.ts";
import { filesToLeave, inheritFiles } from "./loop/session-files.ts";
import { superviseRun } from "./loop/supervise.ts";
import { Projector } from "./projection/projector.ts";
import { type RetirementOptions, retire, wakeTombstone } from "./retirement.ts";
import type { LeftFiles, RelatedTask, TaskServices } from "./services.ts";
import { StreamHub } from "./stream.ts";
import { IndexLink } from "./tenant/index-link.ts";
import { isStill, isToWake, toWatched, type Watched } from "./tenant/watch.ts";
import { isEnded, type TaskState } from "./transitions.ts";
import type {
  ApprovalView,
  CancelOutcome,
  CreateOutcome,
  CreateTask,
  Decide,
  DecideOutcome,
  Followed,
  TaskFile,
  TaskStub,
  TaskView,
} from "./types.ts";
import { toView } from "./view.ts";
import { Waiters } from "./waiters.ts";

export class TaskObject<Env = unknown> extends DurableObject<Env> implements TaskStub, RelatedTask {
  readonly #journal: Journal;
  readonly #services: TaskServices;
  readonly #hub: StreamHub;
  /** Set while this instance runs the task: at most one run at a time. */
  #run: Canceller | null = null;
  /** The run before this alarm stopped between two pieces of work, for lack of time: nothing is in doubt. */
  #isHandover = false;
  readonly #index: IndexLink;
  readonly #desk: ApprovalDesk;
  readonly #reporter: ApprovalReporter;
  readonly #handoffs: HandoffLink;
  readonly #calls: CallsUnderWay;
  /** Null without a database. */
  readonly #projector: Projector | null;
  readonly #alarm: TaskAlarm;
  readonly #delivery: Delivery;
  readonly #waiters: Waiters;

  constructor(ctx: DurableObjectState, env: Env, services: TaskServices) {
    super(ctx, env);
    this.#services = services;
    this.#journal = new Journal(ctx.storage);
    const { projection: port, clock, random, indexOf } = services;
    this.#index = new IndexLink({ journal: this.#journal, indexOf, clock, log: () => this.#log });
    const background = (work: Promise<unknown>) => ctx.waitUntil(work);
    const change = (change: Change) => this.#change(change);
    const common = { journal: this.#journal, change, background, clock, log: () => this.#log };
    this.#alarm = new TaskAlarm({ storage: ctx.storage, ...common });
    this.#desk = new ApprovalDesk(common);
    this.#reporter = new ApprovalReporter({ ...common, index: this.#index });
    this.#handoffs = new HandoffLink({ ...common, port: services.handoff });
    this.#projector = port && new Projector({ ...common, port, random });
    this.#calls = new CallsUnderWay({ ...common, told: () => this.#projector?.touch() });
    const lastSeq = () => this.#journal.lastSeq;
    const framesAfter = this.#journal.framesAfter.bind(this.#journal);
    const hasEnded = () => isEnded(this.#journal.row?.state ?? "done");
    this.#hub = new StreamHub({ framesAfter, lastSeq, isStill: () => this.#isStill, hasEnded }, lastSeq());
    this.#waiters = new Waiters(clock);
    this.#delivery = new Delivery({ hub: this.#hub, sync: () => ctx.storage.sync(), background });
  }

  async create(args: CreateTask): Promise<CreateOutcome> {
    if (this.#journal.tombstone() !== null) return { kind: "gone" };
    const existing = this.#journal.row;
    if (existing !== null) {
      if (existing.request.fingerprint !== args.fingerprint) return { kind: "key_reused" };
      return { kind: "existing", state: existing.state, pack_id: existing.request.pack_id };
    }
    const now = this.#services.clock.now();
    const told = this.#index.announce(args, now);
    const batch = this.#journal.create(args, {
      now,
      deadlineAt: now + timeOf(args),
      due: { lease: now + ACCEPT_NET_MS, ...this.#projectionDue() },
      events: [acceptedEvent(args)],
    });
    if (args.replay !== null) importCarried(this.ctx.storage, args.replay.journal);
    // No await between the row and its alarm: the platform writes both or neither.
    if (args.starts_itself === true) this.#alarm.kick(now + START_AFTER_MS);
    this.#alarm.arm(this.#required().due);
    this.#delivery.add(batch);
    this.#projector?.touch();
    await told;
    return { kind: "created", state: "queued", pack_id: args.pack_id };
  }

  async view(): Promise<TaskView | null> {
    return this.#journal.row && toView(this.#journal.row, this.#journal.history, this.#journal);
  }

  async ended(ms: number): Promise<TaskView | "full" | null> {
    return this.#isStill || (await this.#waiters.wait(ms)) ? this.view() : "full";
  }

  async events(after: number, limit: number) {
    if (this.#journal.row === null) return null;
    this.#hub.arrive();
    const events = this.#journal.events(after, limit);
    return { events, next: events.at(-1)?.seq ?? after };
  }

  async subscribe(after: number): Promise<ReadableStream<Uint8Array> | null | "ahead" | "full"> {
    const followed = await this.follow(after);
    return followed === null || typeof followed === "string" ? followed : followed.stream;
  }

  async follow(after: number): Promise<Followed | null | "ahead" | "full"> {
    if (this.#journal.row === null) return null;
    if (after > this.#journal.lastSeq) return "ahead";
    return this.#delivery.follow(after) ?? "full";
  }

  async listFiles(): Promise<readonly TaskFile[] | null> {
    return this.#journal.row && describeFiles(this.#journal.storedFiles());
  }

  async readFile(path: string): Promise<Uint8Array | "missing" | null> {
    if (this.#journal.row === null) return null;
    const content = this.#journal.file(path);
    return content === null ? "missing" : toBytes(content);
  }

  /** For the next task of the session. */
  async exportFiles(): Promise<LeftFiles | null> {
    return this.#journal.row && filesToLeave(this.ctx.storage, this.#journal);
  }

  async cancel(): Promise<CancelOutcome> {
    const row = this.#journal.row;
    if (row === null) return { kind: "unknown" };
    if (row.state !== "cancelled") {
      const isCancelled = this.#change(cancelled(row, this.#now()));
      if (!isCancelled) return { kind: "already_terminal", state: row.state };
      this.#run?.abort(new DOMException("the task was cancelled", "AbortError"));
      await this.#index.release();
    }
    return { kind: "cancelled", state: "cancelled" };
  }

  async approval(n: number): Promise<ApprovalView | null> {
    return this.#desk.read(n);
  }

  async decide(n: number, request: Decide): Promise<DecideOutcome> {
    const outcome = this.#desk.decide(n, request);
    await this.kick();
    // From here on somebody has to look after it again.
    if (outcome.kind === "decided") await this.#index.register();
    return outcome;
  }

  async kick(): Promise<TaskState | null> {
    const row = this.#journal.row;
    const now = this.#services.clock.now();
    if (row !== null && this.#run === null && isToWake(row, now)) this.#alarm.kick(now);
    return row?.state ?? null;
  }

  async lookAfter(): Promise<Watched | null> {
    await this.kick();
    return this.#journal.row && toWatched(this.#journal.row, this.#journal.lastSeq);
  }

  async exportJournal(beforeStep: number) {
    const row = this.#journal.row;
    const services = this.#services;
    return row && exportTask(this.ctx.storage, { row, journal: this.#journal, services }, beforeStep);
  }

  async childReport(): Promise<ChildReport | "going" | null> {
    await this.kick(); // a parent that asks is a net under its child's alarm, also where the index never heard of the child
    return this.#handoffs.report();
  }

  async childEnded(report: ChildReport): Promise<void> {
    if (!this.#handoffs.take(report)) return;
    await this.kick();
    await this.#index.register();
  }

  /** At least once, and maybe twice: whatever is due is done, then the next due time is armed. Never throws. */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    this.#alarm.fired(info?.isRetry === true, this.#journal.row?.due ?? null);
    try {
      await this.#wake();
      this.#alarm.answer(this.#journal.row?.due ?? null);
    } catch (thrown) {
      // The platform gives up on an alarm after six failures; ours comes again until the cause is mended.
      this.#log.error("task.alarm_failed", { error: describeError(thrown) });
      this.#alarm.set(this.#services.clock.now() + FAULT_RETRY_MS);
    }
  }

  async #wake(): Promise<void> {
    const row = this.#journal.row;
    const now = this.#services.clock.now();
    if (row === null) return wakeTombstone(this.#retirement, now);
    if (row.state === "running") this.#alarm.distrust();
    if (isDue(row.due, "approval", now)) this.#desk.lapse(now);
    if (isDue(row.due, "index", now)) await this.#reporter.flush();
    if (await this.#handoffs.wake(row.due, now)) await this.#index.register();
    if (isDue(row.due, "projection", now)) await this.#projectDue(row.state);
    return this.#goOn(this.#required(), now);
  }

  async #goOn(row: TaskRow, now: number): Promise<void> {
    if (isEnded(row.state)) return isDue(row.due, "retention", now) ? retire(this.#retirement, now) : undefined;
    if (row.state !== "waiting" && now >= row.deadlineAt) {
      await this.#exceedDeadline();
      return this.#index.release();
    }
    if (this.#run !== null || row.state === "waiting") return;
    if (row.state === "retry" && !isPast(row.due, "retry", now)) return;
    await this.#runOnce();
  }

  /** From a slot to the end, a pause or a handover. */
  async #runOnce(): Promise<void> {
    const startedAt = this.#services.clock.now();
    const slot = await this.#index.acquire();
    if (slot !== "granted") return this.#lookAgain(startedAt + (slot === "refused" ? SLOT_RETRY_MS : INDEX_RETRY_MS));
    const abort = new Canceller();
    this.#run = abort;
    let end: RunEnd = "overtaken";
    try {
      const run = await this.#begin(abort.signal, startedAt);
      if (run !== null) end = await this.#supervise(run, abort);
    } finally {
      this.#run = null;
      abort.abort();
    }
    this.#isHandover = end === "handover";
    if (!this.#isHandover) await this.#index.release();
  }

  async #supervise(run: Run, abort: Canceller): Promise<RunEnd> {
    // As a word of the run: one that was cancelled may still be at work, and its task takes no lease any more.
    const renewLease = (lease: number) => void run.commit({ due: { lease } });
    const secure = () => this.#alarm.answer(run.row().due);
    const own = { storage: this.ctx.storage, index: this.#index, log: this.#log, secure, renewLease, abort };
    const end = await superviseRun(run, own);
    if (end === "handover") renewLease(this.#services.clock.now());
    return end;
  }

  /** A new epoch and the task `running`; null when the task changed meanwhile or its pack is gone. */
  async #begin(signal: CancelSignal, alarmStartedAt: number): Promise<Run | null> {
    const services = this.#services;
    const accepted = this.#required();
    const { request } = accepted;
    const config = await services.loadPack(request.pack_owner, request.pack_digest);
    if (signal.aborted) return null;
    if (config === null) {
      this.#change(packGone(this.#journal.history, request, this.#now()));
      return null;
    }
    const files = inheritFiles(this.ctx.storage, this.#journal, accepted, services);
    const [recalled] = await Promise.all([recallOnce(this.ctx.storage, accepted, config, services), files]);
    if (signal.aborted) return null;
    const row = this.#required();
    const epoch = row.epoch + 1;
    const change = started(row, {
      now: services.clock.now(),
      isHandover: this.#isHandover,
      last: this.#journal.events(this.#journal.lastSeq - 1, 1),
    });
    if (!this.#change(change)) return null;
    const brought = broughtOf(this.ctx.storage)?.taint ?? [];
    return this.#toRun(config, { signal, alarmStartedAt, epoch, recalled, brought });
  }

  #toRun(
    config: AgentConfig,
    { epoch, ...rest }: Pick<Run, "signal" | "alarmStartedAt" | "recalled" | "brought"> & { readonly epoch: number },
  ): Run {
    return {
      ...rest,
      services: this.#services,
      config,
      prompt: this.#services.renderPrompt(config),
      ...this.#services.toolsFor(config, []),
      remote: [],
      commit: (change) => this.#change(change, epoch),
      audience: this.#hub,
      row: () => this.#required(),
      ...readsOf(this.#journal),
      underWay: this.#calls,
    };
  }

  /** Without a run. What its model said may stand for values of the input: only the pack tells. */
  async #exceedDeadline(): Promise<void> {
    const { request } = this.#required();
    const hasText = lastTextOf(this.#journal.history) !== null;
    const config = hasText ? await this.#services.loadPack(request.pack_owner, request.pack_digest) : null;
    const change = deadlineExceeded(this.#journal.history, this.#now());
    this.#change(config === null ? change : toTenant(change, request.input, config.guardrails));
  }

  #lookAgain(at: number): void {
    const row = this.#journal.row;
    if (row !== null && !isEnded(row.state)) this.#change({ due: { slot: at, lease: null, retry: null } });
  }

  /** A run never waits for Postgres; a task with nothing else to do may. */
  async #projectDue(state: TaskState): Promise<void> {
    if (this.#projector === null) this.#change({ due: { projection: null } });
    else if (isStill(state)) await this.#projector.flush();
    else {
      // Moved on first: a due time in the past would wake the object again and again while the flush is under way.
      this.#change({ due: this.#projectionDue() });
      this.#projector.touch();
    }
  }

  #projectionDue(): { readonly projection?: number } {
    return this.#projector === null ? {} : { projection: this.#projector.dueAt };
  }

  get #retirement(): RetirementOptions {
    return { storage: this.ctx.storage, journal: this.#journal, index: this.#index, alarm: this.#alarm };
  }

  /** @param epoch of the run that asks; null for what does not come from a run. */
  #change(change: Change, epoch: number | null = null): boolean {
    const isTransition = (change.transitions?.length ?? 0) > 0;
    // A run that goes on after another was lost says so, in the state that it was.
    const isTold = isTransition || change.patch?.epoch !== undefined;
    const reported = this.#reporter.dueAfter(change);
    const more = { ...(isTold ? this.#projectionDue() : {}), ...reported, ...this.#handoffs.dueAfter(change) };
    const due = change.due === undefined && Object.keys(more).length === 0 ? undefined : { ...change.due, ...more };
    const told = this.#calls.withBroken(due === undefined ? change : { ...change, due });
    const batch = this.#journal.apply(told, { epoch, now: this.#services.clock.now() });
    if (batch === null) return false;
    // A run is over with this: what is due from now on is set in the same write.
    if (isTransition && this.#isStill) this.#alarm.distrust();
    if (due !== undefined) this.#alarm.arm(this.#required().due);
    if (reported.index !== undefined) this.#reporter.touch();
    if (isTold) this.#projector?.touch();
    if (isTransition && this.#isStill) this.#waiters.release();
    this.#handoffs.after(change);
    this.#calls.after(told);
    this.#delivery.add(batch);
    return true;
  }

  /** Whether no event can follow until somebody does something. */
  get #isStill(): boolean {
    return isStill(this.#journal.row?.state ?? "done");
  }

  #required(): TaskRow {
    const row = this.#journal.row;
    if (row === null) throw new Error("the task is gone");
    return row;
  }

  #now() {
    return { now: this.#services.clock.now(), retentionMs: this.#services.retentionMs };
  }

  get #log(): Log {
    const request = this.#journal.row?.request;
    if (request === undefined) return this.#services.log;
    const { trace_id, tenant: tenant_id, task_id } = request;
    return this.#services.log.with({ trace_id, tenant_id, task_id });
  }
}
