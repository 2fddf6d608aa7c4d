/**
 * Dead letters for people: listed, and replayed. A replay goes the way the letter came from, and only that way; doing it
 * twice has one effect, because every way it can take is keyed, and because the letter is closed with it.
 */
import {
  AppError,
  type Clock,
  type Db,
  isRowFault,
  type Log,
  type SqlStatement,
  type TenantId,
  toRfc3339,
} from "../platform/index.ts";
import type { Consumer, Lane } from "./consumer.ts";
import {
  type DeadLetter,
  type LetterQuery,
  letterPageStatement,
  letterStatementById,
  readLetter,
  readLetterPage,
  replayedStatement,
} from "./dead-letter-store.ts";
import { runEffect } from "./inbox.ts";
import { insertStatement, READY, reopenStatement, skipStatement } from "./inbox-store.ts";
import { isReadable, parseEventMessage } from "./message.ts";

/**
 * replayed: it went its way again. already_applied: the letter was closed before. refused: the database refuses it as
 * before. impossible: what the letter holds is not enough to do it again.
 */
export const REPLAY_STATUSES = ["replayed", "already_applied", "refused", "impossible"] as const;
export type ReplayStatus = (typeof REPLAY_STATUSES)[number];

type Letter = DeadLetter & { readonly payload: string };

/** Does again what a letter stands for; keyed, for it may run twice. @throws AppError UNAVAILABLE */
export type Replayer = (tenant: TenantId, letter: Letter) => Promise<Exclude<ReplayStatus, "already_applied">>;

export interface DeadLetters {
  /** @throws AppError INVALID_REQUEST for a position that no page named, UNAVAILABLE */
  list(
    tenant: TenantId,
    query: LetterQuery,
  ): Promise<{ readonly items: readonly DeadLetter[]; readonly next: string | null }>;
  /** Null for a letter that the tenant does not have. @param who is shown with the letter. @throws AppError UNAVAILABLE */
  replay(
    tenant: TenantId,
    id: string,
    who: string,
  ): Promise<{ readonly status: ReplayStatus; readonly letter: DeadLetter } | null>;
}

export type DeadLetterPorts = {
  readonly db: Pick<Db, "batch">;
  readonly consumers: readonly Consumer[];
  /** By the letter's source; letters of consumers need none. */
  readonly replayers: Readonly<Record<string, Replayer>>;
  readonly clock: Clock;
  readonly log: Log;
};

export function createDeadLetters(ports: DeadLetterPorts): DeadLetters {
  const { db, clock, log } = ports;
  const ask = async (tenant: TenantId, statement: SqlStatement) => {
    const result = await db.batch(tenant, [statement]);
    if (!result.ok && isRowFault(result.error)) {
      throw new AppError("INVALID_REQUEST", "The cursor is not one of ours; start again without it.");
    }
    if (!result.ok) throw new AppError("UNAVAILABLE", "Dead letters cannot be read now.");
    return result.value[0] ?? { rows: [], rowCount: 0 };
  };
  const read = async (tenant: TenantId, id: string) => {
    const [row] = (await ask(tenant, letterStatementById(id))).rows;
    return row === undefined ? null : { ...readLetter(row), payload: String(row.payload_json) };
  };
  return {
    list: async (tenant, query) => readLetterPage((await ask(tenant, letterPageStatement(query))).rows, query.limit),
    replay: async (tenant, id, who) => {
      const letter = await read(tenant, id);
      if (letter === null) return null;
      const by = { at: toRfc3339(clock.now()), who };
      const status = letter.state === "resolved" ? "already_applied" : await replayOpen(ports, tenant, letter, by);
      log.info("dead_letter.replayed", { tenant_id: tenant, letter_id: id, source: letter.source, status });
      const { payload: _, ...now } = (await read(tenant, id)) ?? letter;
      return { status, letter: now };
    },
  };
}

type By = { readonly at: string; readonly who: string };

async function replayOpen(ports: DeadLetterPorts, tenant: TenantId, letter: Letter, by: By): Promise<ReplayStatus> {
  const consumer = ports.consumers.find(({ name }) => letter.source === `consumer:${name}`);
  if (consumer !== undefined) return replayConsumer(ports, consumer, { tenant, letter, by });
  const replayer = ports.replayers[letter.source];
  if (replayer === undefined) return "impossible";
  const status = await replayer(tenant, letter);
  if (status !== "replayed") return status;
  const closed = await ports.db.batch(tenant, [replayedStatement({ tenant, id: letter.id }, by)]);
  if (!closed.ok)
    throw new AppError("UNAVAILABLE", "The letter was replayed but could not be closed; replay it again.");
  return closed.value[0]?.rowCount === 0 ? "already_applied" : "replayed";
}

/**
 * To this consumer alone. What never came before the event is given up by this: stand-ins take its place, so that the
 * event and what waits behind it can go on in order.
 */
async function replayConsumer(
  ports: DeadLetterPorts,
  consumer: Consumer,
  { tenant, letter, by }: { readonly tenant: TenantId; readonly letter: Letter; readonly by: By },
): Promise<ReplayStatus> {
  const event = parseEventMessage(letter.payload);
  if (!isReadable(event) || event.tenant !== tenant) return "impossible";
  const lane: Lane = { tenant, consumer: consumer.name, aggregateId: event.aggregateId };
  const done = await runEffect(ports, consumer, lane, {
    ready: READY,
    before: [
      insertStatement(lane, [event], by.at),
      ...(event.aggregateSeq > 1 ? [skipStatement(lane, event, by.at)] : []),
      reopenStatement(lane, event.id, letter.id),
    ],
    closing: [replayedStatement({ tenant, id: letter.id }, by)],
    tail: [],
  });
  if (done.ok) return done.value.closing[0]?.rowCount === 0 ? "already_applied" : "replayed";
  if (done.error.kind === "refused") return "refused";
  ports.log.warn("dead_letter.unavailable", { tenant_id: tenant, letter_id: letter.id, why: done.error.why });
  throw new AppError("UNAVAILABLE", "The letter cannot be replayed now.");
}
