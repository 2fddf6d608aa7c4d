/**
 * The SQLite of one task object: the only truth about the task. The tables of its events are in event-store.ts.
 * Every change is one transaction that checks the epoch, moves the state through the table and appends the events;
 * what it refuses has no effect. Nothing is created by reading. Deciding what to write belongs to loop.ts.
 */
import { assert } from "../platform/index.ts";
import type { FileChange, FileContent, ToolFile } from "../tool/index.ts";
import { acceptedRow } from "./accepted-row.ts";
import type { Approval } from "./approval.ts";
import { ApprovalStore, type Intent, LEDGER_TABLES } from "./approval-store.ts";
import type { BrokenCall } from "./broken-call.ts";
import { BrokenStore } from "./broken-store.ts";
import { changeDue, type Due, type DueChange } from "./due.ts";
import { type Batch, EVENT_SCHEMA, EventStore } from "./event-store.ts";
import {
  type ExportedFile,
  exportFiles,
  findFile,
  INHERITED_STEP,
  importFiles,
  listFiles,
  readFiles,
  type StoredFile,
  writeFile,
} from "./file-store.ts";
import type { NewEvent } from "./frames.ts";
import type { Handoff } from "./handoff.ts";
import { HandoffStore } from "./handoff-store.ts";
import type { CallResult, GuardMarks, History, Spent, StepRecord } from "./history.ts";
import { toStorageFault } from "./storage-limit.ts";
import { nextTaskState, type TaskState, type TaskTransitionEvent } from "./transitions.ts";
import type { CreateTask, TaskErrorCode, TaskEvent } from "./types.ts";

/** Raised when a record has a shape this code cannot read or write otherwise. Older code refuses newer state. */
export const JOURNAL_VERSION = 3;
/** What a journal is written as until something in it needs more: code before the ledger reads it as well. */
const JOURNAL_VERSION_PLAIN = 1;
/** With the ledger, and without a handoff. */
const JOURNAL_VERSION_LEDGER = 2;

type Request = Omit<CreateTask, "replay" | "requested_by"> & {
  /** Absent in tasks that were accepted before it was recorded. */
  readonly requested_by?: string | null;
  readonly replay: { readonly source_task_id: string; readonly from_step: number; readonly dry_run: boolean } | null;
};

/** The one row of a task. Times are epoch milliseconds. */
export type TaskRow = {
  readonly request: Request;
  readonly state: TaskState;
  readonly epoch: number;
  readonly attempt: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Since when the task waits for a person; null when it does not. That time does not count to its deadline. */
  readonly waitingSince: number | null;
  /** All that it waited for people before; absent in tasks that were accepted before it was added up. */
  readonly waitedMs?: number;
  readonly output: string | null;
  readonly finishReason: StepRecord["finishReason"] | null;
  readonly error: { readonly code: TaskErrorCode; readonly message: string } | null;
  /** When the task fails with DEADLINE_EXCEEDED; moved on by what it spends waiting. */
  readonly deadlineAt: number;
  readonly due: Due;
  /** Step up to which Postgres has every recorded call; absent before the first projection. */
  readonly projectedStep?: number;
  /** Event up to which the outbox has every one that leaves, and how many those are; absent before the first. */
  readonly toldSeq?: number;
  readonly toldEvents?: number;
} & GuardMarks;

type Patch = Partial<Omit<TaskRow, "request" | "state" | "createdAt" | "due">>;

export type Change = {
  /** Moves through the table, in order; any illegal one refuses the whole change. */
  readonly transitions?: readonly TaskTransitionEvent[];
  readonly patch?: Patch;
  readonly due?: DueChange;
  readonly events?: readonly NewEvent[];
  readonly step?: StepRecord;
  readonly result?: { readonly record: CallResult; readonly changes: readonly FileChange[] };
  readonly spent?: Spent;
  /** New, or as they are now. */
  readonly approvals?: readonly Approval[];
  readonly handoffs?: readonly Handoff[];
  /** Written down before a call is handed to its tool. */
  readonly intent?: Intent;
  /** Handed over, and come to no result; new, or as they are now. */
  readonly broken?: readonly BrokenCall[];
};

type StoredRow = { body: string; request: string; version: number };
type RowBody = Omit<TaskRow, "request">;

/** What a replay takes along; opaque outside this room. */
export type ExportedJournal = {
  readonly steps: readonly StepRecord[];
  readonly results: readonly CallResult[];
  readonly files: readonly ExportedFile[];
  /** Every recorded call of the source, for a dry run to answer from. */
  readonly recorded: readonly { readonly print: string; readonly result: CallResult }[];
};

const SCHEMA = `
CREATE TABLE task (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, request TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE step (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE result (step INTEGER NOT NULL, idx INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (step, idx)) WITHOUT ROWID;
CREATE TABLE spent (n INTEGER PRIMARY KEY, body TEXT NOT NULL);
${EVENT_SCHEMA}
CREATE TABLE file (ord INTEGER PRIMARY KEY, step INTEGER NOT NULL, path TEXT NOT NULL, text TEXT);
CREATE TABLE recorded (print TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
`;
const TABLES = ["task", "step", "result", "spent", "event", "file", "file_part", "recorded", ...LEDGER_TABLES] as const;

export class Journal {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #events: EventStore;
  readonly #ledger: ApprovalStore;
  readonly #handoffs: HandoffStore;
  readonly #broken: BrokenStore;
  #row: TaskRow | null = null;
  #history: { steps: StepRecord[]; results: CallResult[]; spent: Spent[] } | null = null;
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#events = new EventStore(storage.sql);
    this.#ledger = new ApprovalStore(storage.sql);
    this.#handoffs = new HandoffStore(storage.sql);
    this.#broken = new BrokenStore(storage.sql);
    this.#load();
  }

  /** Null for a task that was never created here, or whose retention is over. */
  get row(): TaskRow | null {
    return this.#row;
  }
  get lastSeq(): number {
    return this.#events.lastSeq;
  }
  /** When the last event happened. */
  get updatedAt(): number {
    return this.#events.updatedAt;
  }

  get history(): History {
    this.#history ??= {
      steps: this.#bodies<StepRecord>("SELECT body FROM step ORDER BY n"),
      results: this.#bodies<CallResult>("SELECT body FROM result ORDER BY step, idx"),
      spent: this.#bodies<Spent>("SELECT body FROM spent ORDER BY n"),
    };
    return this.#history;
  }

  /** The tables, the row, a replay's prefix and the first events: one transaction. */
  create(
    args: CreateTask,
    options: {
      readonly now: number;
      readonly deadlineAt: number;
      readonly due: Due;
      readonly events: readonly NewEvent[];
    },
  ): Batch {
    assert(this.#row === null, "a task is created once");
    const { replay } = args;
    const row: TaskRow = acceptedRow(args, options);
    const batch = this.#transaction(() => {
      this.#sql.exec(SCHEMA);
      const { request, ...body } = row;
      this.#sql.exec(
        "INSERT INTO task (id, version, request, body) VALUES (1, ?, ?, ?)",
        JOURNAL_VERSION_PLAIN,
        JSON.stringify(request),
        JSON.stringify(body satisfies RowBody),
      );
      if (replay !== null) this.#import(parseJson<ExportedJournal>(replay.journal));
      return this.#events.append(options.events, options.now);
    });
    this.#row = row;
    this.#history = null;
    return batch;
  }

  /**
   * Applies a change, or refuses it: null when the epoch is no longer `epoch`, or when a transition is illegal.
   * @param epoch the epoch of the run that asks; null for changes that do not come from a run (cancel, deadline).
   */
  apply(change: Change, context: { readonly epoch: number | null; readonly now: number }): Batch | null {
    const stored = this.#readRow();
    if (stored === null || (context.epoch !== null && stored.epoch !== context.epoch)) return null;
    // A run's records count only while the task runs: a cancelled task takes nothing more.
    if (context.epoch !== null && stored.state !== "running") return null;
    let state = stored.state;
    for (const event of change.transitions ?? []) {
      const next = nextTaskState(state, event);
      if (!next.ok) return null;
      state = next.value;
    }
    const row: TaskRow = { ...stored, ...change.patch, state, due: changeDue(stored.due, change.due ?? {}) };
    const isRowChanged = change.transitions !== undefined || change.patch !== undefined || change.due !== undefined;
    const batch = this.#transaction(() => {
      if (isRowChanged) this.#writeRow(row);
      if (change.step)
        this.#sql.exec("INSERT INTO step (n, body) VALUES (?, ?)", change.step.n, JSON.stringify(change.step));
      if (change.result) this.#writeResult(change.result.record, change.result.changes);
      if (change.spent) this.#sql.exec("INSERT INTO spent (body) VALUES (?)", JSON.stringify(change.spent));
      this.#writeLedger(change);
      return this.#events.append(change.events ?? [], context.now);
    });
    this.#row = row;
    if (this.#history !== null) {
      if (change.step) this.#history.steps.push(change.step);
      if (change.result) this.#history.results.push(change.result.record);
      if (change.spent) this.#history.spent.push(change.spent);
    }
    return batch;
  }

  /** Frames of stored events with seq in (after, upTo], about `chars` long at most but at least one batch; null when none. */
  framesAfter(after: number, upTo: number, chars: number): Batch | null {
    return this.#events.framesAfter(after, upTo, chars);
  }

  /** At most `limit` events with seq > after. */
  events(after: number, limit: number): TaskEvent[] {
    return this.#events.page(after, limit);
  }

  /** The workspace as it stands: the newest version of each path that was not deleted. */
  files(): ToolFile[] {
    return readFiles(this.#sql);
  }

  /** The same, with the step that wrote each. */
  storedFiles(): StoredFile[] {
    return listFiles(this.#sql);
  }

  /** Null when there is no such file. @param path in normal form. */
  file(path: string): FileContent | null {
    return findFile(this.#sql, path);
  }

  /** What the task begins with, before its first step. */
  inherit(files: readonly ToolFile[]): void {
    this.#transaction(() => {
      for (const file of files) writeFile(this.#sql, INHERITED_STEP, { kind: "put", ...file });
      return undefined;
    });
  }

  /** What a person was asked, by number. */
  approvals(): Approval[] {
    return this.#ledger.all();
  }

  /** What was handed to other packs, by call. */
  handoffs(): Handoff[] {
    return this.#handoffs.all();
  }

  /** Attempts at calls that came to no result, by call. */
  broken(): BrokenCall[] {
    return this.#broken.all();
  }

  /** Whether an unrepeatable call was handed to its tool. */
  isStarted(step: number, index: number): boolean {
    return this.#ledger.isStarted(step, index);
  }

  /** What a dry run answers a call with, when the source task made the same call. */
  recordedResult(print: string): CallResult | null {
    const [body] = this.#bodies<CallResult>("SELECT body FROM recorded WHERE print = ?", print);
    return body ?? null;
  }

  export(beforeStep: number, printOf: (step: StepRecord, index: number) => string): ExportedJournal {
    const { steps, results } = this.history;
    const recorded = results.flatMap((result) => {
      const step = steps.find(({ n }) => n === result.step);
      return step === undefined ? [] : [{ print: printOf(step, result.index), result }];
    });
    return {
      steps: steps.filter(({ n }) => n < beforeStep),
      results: results.filter(({ step }) => step < beforeStep),
      files: exportFiles(this.#sql, beforeStep),
      recorded,
    };
  }

  /** Everything but the fact that this task was here: later requests and messages find it gone. */
  bury(tombstoneUntil: number): void {
    this.#transaction(() => {
      for (const table of [...TABLES, HandoffStore.TABLE, BrokenStore.TABLE])
        this.#sql.exec(`DROP TABLE IF EXISTS ${table}`);
      this.#sql.exec("CREATE TABLE tombstone (until INTEGER NOT NULL)");
      this.#sql.exec("INSERT INTO tombstone (until) VALUES (?)", tombstoneUntil);
      return undefined;
    });
    this.#row = null;
    this.#history = null;
  }

  /** Epoch milliseconds until which the tombstone stands, or null. */
  tombstone(): number | null {
    if (!this.#hasTable("tombstone")) return null;
    return this.#sql.exec<{ until: number }>("SELECT until FROM tombstone").one().until;
  }

  #load(): void {
    if (!this.#hasTable("task")) return;
    this.#row = this.#readRow();
    this.#events.load(this.#row?.createdAt ?? 0);
  }

  #hasTable(name: string): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;
  }

  /** Read from storage, not from memory: the fencing check must see what another instance wrote. */
  #readRow(): TaskRow | null {
    if (this.#row === null && !this.#hasTable("task")) return null;
    const stored = this.#sql.exec<StoredRow>("SELECT version, request, body FROM task").toArray()[0];
    if (stored === undefined) return null;
    if (stored.version > JOURNAL_VERSION) {
      throw new Error(`journal version ${stored.version} is newer than this code (${JOURNAL_VERSION})`);
    }
    const body = parseJson<RowBody>(stored.body);
    return { ...body, request: this.#row?.request ?? parseJson<Request>(stored.request) };
  }

  #writeRow(row: TaskRow): void {
    const { request: _request, ...body } = row;
    this.#sql.exec("UPDATE task SET body = ? WHERE id = 1", JSON.stringify(body satisfies RowBody));
  }

  #writeLedger({ approvals, intent, handoffs, broken }: Change): void {
    if (approvals !== undefined) this.#ledger.write(approvals);
    if (intent !== undefined) this.#ledger.intend(intent);
    if (handoffs !== undefined) this.#handoffs.write(handoffs);
    if (broken !== undefined) this.#broken.write(broken);
    const isLedger = approvals !== undefined || intent !== undefined;
    // Code that knows no ledger would run the calls in it once more, and code that knows no handoff would answer them.
    const version = handoffs !== undefined ? JOURNAL_VERSION : isLedger ? JOURNAL_VERSION_LEDGER : 0;
    if (version > 0) this.#sql.exec("UPDATE task SET version = ? WHERE version < ?", version, version);
  }

  #writeResult(record: CallResult, changes: readonly FileChange[]): void {
    this.#sql.exec(
      "INSERT INTO result (step, idx, body) VALUES (?, ?, ?)",
      record.step,
      record.index,
      JSON.stringify(record),
    );
    for (const change of changes) writeFile(this.#sql, record.step, change);
  }

  #import(journal: ExportedJournal): void {
    for (const step of journal.steps) {
      this.#sql.exec("INSERT INTO step (n, body) VALUES (?, ?)", step.n, JSON.stringify({ ...step, replayed: true }));
    }
    for (const result of journal.results) this.#writeResult(result, []);
    importFiles(this.#sql, journal.files);
    for (const { print, result } of journal.recorded) {
      this.#sql.exec("INSERT OR IGNORE INTO recorded (print, body) VALUES (?, ?)", print, JSON.stringify(result));
    }
  }

  /** One transaction; the counters move only after it is in. */
  #transaction(write: () => Batch | undefined): Batch {
    try {
      const batch = this.#storage.transactionSync(write) ?? { lastSeq: this.lastSeq, frames: "" };
      this.#events.settle(batch);
      return batch;
    } catch (cause) {
      throw toStorageFault(cause);
    }
  }

  #bodies<T>(query: string, ...bindings: SqlStorageValue[]): T[] {
    return this.#sql
      .exec<{ body: string }>(query, ...bindings)
      .toArray()
      .map(({ body }) => parseJson<T>(body));
  }
}

/** What this file wrote, it may read back as the type it wrote. */
function parseJson<T>(text: string): T {
  return JSON.parse(text) as T;
}
