/**
 * The SQLite of one task object: the only truth about the task. Its log, of events and of what was done, is event-store.ts.
 * Every change is one transaction that checks the epoch, moves the state through the table and appends the events;
 * what it refuses has no effect. Nothing is created by reading. Deciding what to write belongs to loop.ts.
 */
import { assert } from "../../platform/index.ts";
import type { FileContent, ToolFile } from "../../tool/index.ts";
import type { Approval } from "../approval/approval.ts";
import type { Handoff } from "../handoff/handoff.ts";
import type { BrokenCall } from "../loop/broken-call.ts";
import { nextTaskState } from "../transitions.ts";
import type { CreateTask, TaskEvent } from "../types.ts";
import { acceptedRow } from "./accepted-row.ts";
import { ApprovalStore, LEDGER_TABLES } from "./approval-store.ts";
import { BrokenStore } from "./broken-store.ts";
import { type Change, isLogAlone, recordOf } from "./change.ts";
import { changeDue, type Due } from "./due.ts";
import {
  type Batch,
  EVENT_SCHEMA,
  EVENT_UPGRADE,
  EventStore,
  LAST_SEQ,
  type Placed,
  type RecordKind,
  type Tail,
} from "./event-store.ts";
import { type ExportedFile, FileStore, INHERITED_STEP, type StoredFile } from "./file-store.ts";
import type { NewEvent } from "./frames.ts";
import { HandoffStore } from "./handoff-store.ts";
import type { CallResult, History, Spent, StepRecord } from "./history.ts";
import { toStorageFault } from "./storage-limit.ts";
import { parseJson, type Request, type RowBody, type TaskRow, toBody } from "./task-row.ts";

export type { Change } from "./change.ts";
export type { TaskRow } from "./task-row.ts";

/** Raised when a record has a shape this code cannot read or write otherwise. Older code refuses newer state. */
export const JOURNAL_VERSION = 4;
/** From here on the log holds what was done. A journal of before is read as it is, and made one of these by its next write. */
const JOURNAL_VERSION_LOG = 4;

type StoredRow = { readonly version: number; readonly body: string; readonly last_seq: number | null };
/** The row as it was read or written last: what has the same text is the same row. */
type KnownRow = StoredRow & { readonly row: TaskRow; readonly tail: Tail | null };

/** Whose change it is, null for what comes from no run, and when. */
type Context = { readonly epoch: number | null; readonly now: number };

/** A run's records count only while the task runs: a cancelled task takes nothing more. */
const mayWrite = ({ epoch, state }: TaskRow, of: Context["epoch"]): boolean =>
  of === null || (of === epoch && state === "running");

/** What a replay takes along; opaque outside this room. */
export type ExportedJournal = {
  readonly steps: readonly StepRecord[];
  readonly results: readonly CallResult[];
  readonly files: readonly ExportedFile[];
  /** Every recorded call of the source, for a dry run to answer from. */
  readonly recorded: readonly { readonly print: string; readonly result: CallResult }[];
};

const SCHEMA = {
  task: "CREATE TABLE task (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, request TEXT NOT NULL, body TEXT NOT NULL)",
  event: EVENT_SCHEMA,
} as const;
const RECORDED = "CREATE TABLE recorded (print TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID";
/** Of every version: `step`, `result` and `spent` are in journals of before the log. */
const TABLES = ["task", "step", "result", "spent", "event", "file", "file_part", "recorded", ...LEDGER_TABLES] as const;

export class Journal {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #events: EventStore;
  readonly #ledger: ApprovalStore;
  readonly #handoffs: HandoffStore;
  readonly #broken: BrokenStore;
  readonly #files: FileStore;
  /** Tables that are there. */
  #tables: ReadonlySet<string> = new Set();
  #known: KnownRow | null = null;
  #history: { steps: StepRecord[]; results: CallResult[]; spent: Spent[] } | null = null;
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#events = new EventStore(storage.sql);
    this.#ledger = new ApprovalStore(storage.sql);
    this.#handoffs = new HandoffStore(storage.sql);
    this.#broken = new BrokenStore(storage.sql);
    this.#files = new FileStore(storage.sql);
    this.#load();
  }

  /** Null for a task that was never created here, or whose retention is over. */
  get row(): TaskRow | null {
    return this.#known?.row ?? null;
  }
  get lastSeq(): number {
    return this.#events.lastSeq;
  }
  get updatedAt(): number {
    return this.#events.updatedAt;
  }
  get history(): History {
    this.#history ??= this.#readHistory();
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
    assert(this.row === null, "a task is created once");
    const { replay } = args;
    const row = acceptedRow(args, options);
    const placed = this.#events.place(options.events, { now: options.now, record: null, isRowWritten: true });
    const body = toBody(row, placed.tail);
    this.#transaction([
      ...Object.values(SCHEMA).map((statement) => () => void this.#sql.exec(statement)),
      () =>
        void this.#sql.exec(
          "INSERT INTO task (id, version, request, body) VALUES (1, ?, ?, ?)",
          JOURNAL_VERSION,
          JSON.stringify(row.request),
          body,
        ),
      ...this.#events.writes(placed),
      ...(replay === null ? [] : [() => this.#import(parseJson<ExportedJournal>(replay.journal))]),
    ]);
    // What this made is known; what came along with a replay is read.
    this.#see(replay === null ? new Set(Object.keys(SCHEMA)) : this.#readTables());
    this.#history = replay === null ? { steps: [], results: [], spent: [] } : null;
    this.#known = { version: JOURNAL_VERSION, body, last_seq: null, row, tail: placed.tail };
    this.#events.settle(placed, options.now);
    return placed.batch;
  }

  /**
   * Applies a change, or refuses it: null when the epoch is no longer `epoch`, or when a transition is illegal.
   * @param epoch the epoch of the run that asks; null for changes that do not come from a run (cancel, deadline).
   */
  apply(change: Change, context: Context): Batch | null {
    return this.#append(change, context) ?? this.#rewrite(change, context);
  }

  /** What is a row of the log and nothing else, most of what a run writes. Null: it is more, or the fence held, and nothing is written. */
  #append(change: Change, { epoch, now }: Context): Batch | null {
    const known = this.#known;
    if (known === null || known.version < JOURNAL_VERSION_LOG || !isLogAlone(change)) return null;
    // A history that is read only now may have what another instance wrote: the fence is asked first then.
    if (!mayWrite(known.row, epoch) || this.#history === null) return null;
    const record = recordOf(change, this.#history);
    const placed = this.#events.place(change.events ?? [], { now, record, isRowWritten: false });
    const { row, apart } = placed;
    if (row === null || apart !== null) return null;
    return this.#write(() => this.#events.append(row, known)) ? this.#settle(placed, change, now) : null;
  }

  #rewrite(change: Change, context: Context): Batch | null {
    const known = this.#known && this.#readRow(this.#known.row.request);
    if (known === null) return null;
    const stored = known.row;
    if (!mayWrite(stored, context.epoch)) return null;
    let state = stored.state;
    for (const event of change.transitions ?? []) {
      const next = nextTaskState(state, event);
      if (!next.ok) return null;
      state = next.value;
    }
    const lastSeq = Math.max(known.last_seq ?? 0, known.tail?.lastSeq ?? 0);
    assert(lastSeq === this.lastSeq, "nobody else wrote this task's log");
    const row: TaskRow = { ...stored, ...change.patch, state, due: changeDue(stored.due, change.due ?? {}) };
    const isRowWritten = change.transitions !== undefined || change.patch !== undefined || change.due !== undefined;
    const at = { now: context.now, record: recordOf(change, this.history), isRowWritten };
    const placed = this.#events.place(change.events ?? [], at);
    const body = isRowWritten ? toBody(row, placed.tail) : known.body;
    const files = change.result?.changes ?? [];
    const statements = [
      ...(isRowWritten ? [() => void this.#sql.exec("UPDATE task SET body = ? WHERE id = 1", body)] : []),
      ...this.#events.writes(placed),
    ];
    const others = [
      ...(files.length > 0 ? [() => this.#files.write(change.result?.record.step ?? 0, files)] : []),
      ...this.#ledgerWrites(change),
    ];
    const upgrade = known.version < JOURNAL_VERSION_LOG ? [() => this.#upgrade()] : [];
    const isOne = upgrade.length + others.length === 0 && statements.length === 1;
    if (isOne) this.#write(() => statements.forEach((write) => void write()));
    else this.#transaction([...upgrade, ...statements, ...others]);
    const written = isRowWritten ? { body, row, tail: placed.tail } : {};
    this.#known = { ...known, ...written, version: Math.max(known.version, JOURNAL_VERSION_LOG) };
    return this.#settle(placed, change, context.now);
  }

  /** What is written is known. */
  #settle(placed: Placed, { step, result, spent }: Change, now: number): Batch {
    this.#events.settle(placed, now);
    if (this.#history !== null) {
      if (step) this.#history.steps.push(step);
      if (result) this.#history.results.push(result.record);
      if (spent) this.#history.spent.push(spent);
    }
    return placed.batch;
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
    return this.#files.all();
  }

  /** The same, with the step that wrote each. */
  storedFiles(): StoredFile[] {
    return this.#files.list();
  }

  /** Null when there is no such file. @param path in normal form. */
  file(path: string): FileContent | null {
    return this.#files.find(path);
  }

  /** What the task begins with, before its first step. */
  inherit(files: readonly ToolFile[]): void {
    if (files.length === 0) return;
    const changes = files.map((file) => ({ kind: "put", ...file }) as const);
    this.#transaction([() => this.#files.write(INHERITED_STEP, changes)]);
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
    if (!this.#tables.has("recorded")) return null;
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
      files: this.#files.export(beforeStep),
      recorded,
    };
  }

  /** Everything but the fact that this task was here: later requests and messages find it gone. */
  bury(tombstoneUntil: number): void {
    this.#transaction([
      ...[...TABLES, HandoffStore.TABLE, BrokenStore.TABLE].map(
        (table) => () => void this.#sql.exec(`DROP TABLE IF EXISTS ${table}`),
      ),
      () => void this.#sql.exec("CREATE TABLE tombstone (until INTEGER NOT NULL)"),
      () => void this.#sql.exec("INSERT INTO tombstone (until) VALUES (?)", tombstoneUntil),
    ]);
    this.#see(this.#readTables());
    this.#known = null;
    this.#history = null;
  }

  /** Epoch milliseconds until which the tombstone stands, or null. */
  tombstone(): number | null {
    if (!this.#readTables().has("tombstone")) return null;
    return this.#sql.exec<{ until: number }>("SELECT until FROM tombstone").one().until;
  }

  #load(): void {
    this.#see(this.#readTables());
    if (!this.#tables.has("task")) return;
    const [stored] = this.#sql.exec<{ request: string }>("SELECT request FROM task").toArray();
    if (stored !== undefined) this.#known = this.#readRow(parseJson<Request>(stored.request));
    this.#events.load(this.#known?.tail ?? null, this.row?.createdAt ?? 0);
  }

  #see(tables: ReadonlySet<string>): void {
    this.#tables = tables;
    for (const store of [this.#ledger, this.#handoffs, this.#broken, this.#files]) store.tables.see(tables);
  }

  #readTables(): ReadonlySet<string> {
    const rows = this.#sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    return new Set(rows.map(({ name }) => name));
  }

  /** Read from storage, not from memory: the fencing check must see what another instance wrote. */
  #readRow(request: Request): KnownRow | null {
    const query = `SELECT version, body, ${LAST_SEQ} AS last_seq FROM task`;
    const [stored] = this.#sql.exec<StoredRow>(query).toArray();
    if (stored === undefined) return null;
    if (stored.version > JOURNAL_VERSION) {
      throw new Error(`journal version ${stored.version} is newer than this code (${JOURNAL_VERSION})`);
    }
    if (stored.body === this.#known?.body) return { ...this.#known, ...stored };
    const { tail = null, ...row } = parseJson<RowBody>(stored.body);
    return { ...stored, row: { ...row, request }, tail };
  }

  #readHistory(): { steps: StepRecord[]; results: CallResult[]; spent: Spent[] } {
    const records = this.#known !== null && this.#known.version >= JOURNAL_VERSION_LOG ? this.#events.records() : [];
    const of = <T>(kind: RecordKind): T[] => [
      ...(this.#tables.has(kind) ? this.#bodies<T>(`SELECT body FROM ${kind}`) : []),
      ...records.flatMap((record) => (record.kind === kind ? [parseJson<T>(record.body)] : [])),
    ];
    return {
      steps: of<StepRecord>("step").sort((a, b) => a.n - b.n),
      results: of<CallResult>("result").sort((a, b) => a.step - b.step || a.index - b.index),
      spent: of<Spent>("spent"),
    };
  }

  #ledgerWrites({ approvals, intent, handoffs, broken }: Change): (() => void)[] {
    return [
      ...(approvals === undefined ? [] : [() => this.#ledger.write(approvals)]),
      ...(intent === undefined ? [] : [() => this.#ledger.intend(intent)]),
      ...(handoffs === undefined ? [] : [() => this.#handoffs.write(handoffs)]),
      ...(broken === undefined ? [] : [() => this.#broken.write(broken)]),
    ];
  }

  #upgrade(): void {
    for (const statement of EVENT_UPGRADE) this.#sql.exec(statement);
    this.#sql.exec("UPDATE task SET version = ?", JOURNAL_VERSION);
  }

  #import(journal: ExportedJournal): void {
    for (const step of journal.steps) {
      this.#events.writeRecord({ kind: "step", body: JSON.stringify({ ...step, replayed: true }) });
    }
    for (const result of journal.results) {
      this.#events.writeRecord({ kind: "result", body: JSON.stringify(result) });
    }
    this.#files.import(journal.files);
    if (journal.recorded.length > 0) this.#sql.exec(RECORDED);
    for (const { print, result } of journal.recorded) {
      this.#sql.exec("INSERT OR IGNORE INTO recorded (print, body) VALUES (?, ?)", print, JSON.stringify(result));
    }
  }

  /** All of it or nothing. */
  #transaction(writes: readonly (() => void)[]): void {
    this.#write(() => this.#storage.transactionSync(() => writes.forEach((write) => void write())));
  }

  /** A single statement is all or nothing by itself. */
  #write<T>(write: () => T): T {
    try {
      return write();
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
