/**
 * Moves the outbox to the queue: claims rows with a lease, sends them, marks what the lease still holds. It may die
 * between any two of these, and any number may run at once: an event is then sent again, never lost.
 */
import {
  type Clock,
  type Db,
  type DbResult,
  type Log,
  type Random,
  readTimestamp,
  toRfc3339,
  utf8Length,
  within,
} from "../platform/index.ts";
import {
  CLAIM_MS,
  EVENT_RETRY_MS_MAX,
  EVENT_RETRY_MS_MIN,
  MESSAGE_BYTES_MAX,
  OUTBOX_AGE_MS_MAX,
  PUBLISH_ATTEMPTS_MAX,
  PUBLISH_ROUNDS_MAX,
  PUBLISHED_KEEP_MS,
  SEND_BYTES_MAX,
  SEND_MS_MAX,
} from "./limits.ts";
import {
  type Claim,
  type ClaimedEvent,
  claimStatement,
  cleanStatement,
  failStatement,
  markStatement,
  nextDueStatement,
  readClaimed,
} from "./outbox-store.ts";

/**
 * idle: nothing is unpublished. due: what is left cannot be claimed before `at`. more: the rounds are used up.
 * failed: the database or the queue did not do its part.
 */
export type PublishOutcome =
  | { readonly kind: "idle" | "more" | "failed" }
  | { readonly kind: "due" /** Epoch milliseconds. */; readonly at: number };

export type PublisherPorts = {
  readonly publisherBatch: Db["publisherBatch"];
  /** All of these messages, or it rejects. */
  readonly send: (messages: readonly string[]) => Promise<void>;
  /** Writes the dead letter of an event that is given up; false when it could not. */
  readonly bury: (event: ClaimedEvent, why: { readonly reason: string; readonly error: string }) => Promise<boolean>;
  /** A name that no other round has. */
  readonly newToken: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

type Sent = {
  readonly sent: readonly ClaimedEvent[];
  readonly failed: readonly { readonly event: ClaimedEvent; readonly error: string }[];
};

/** Publishes until nothing can be claimed. Rejects only on a bug; what goes wrong outside is an outcome. */
export function createPublisher(ports: PublisherPorts): () => Promise<PublishOutcome> {
  const { publisherBatch, clock, log, newToken } = ports;
  const now = (): string => toRfc3339(clock.now());
  /** Kept from one call to the next: with more tenants than one claim serves, each has its turn. */
  let after = "";
  /** Since the turn of the first tenant. */
  let isAnyClaimed = true;

  return async () => {
    // What one round learned is written with the claim of the next: one request a round, and one more at the end.
    let learned = [cleanStatement(toRfc3339(clock.now() - PUBLISHED_KEEP_MS))];
    let isBehind = false;
    for (let round = 0; round < PUBLISH_ROUNDS_MAX; round++) {
      const claim: Claim = { token: newToken(), now: now(), until: toRfc3339(clock.now() + CLAIM_MS), after };
      const claimed = await publisherBatch([...learned, claimStatement(claim), nextDueStatement(claim)]);
      if (!claimed.ok) return failed(log, "claim", claimed);
      const [rows, due] = claimed.value.slice(-2);
      const { events, lastTurn } = readClaimed(rows?.rows ?? []);
      after = lastTurn;
      isAnyClaimed = events.length > 0 || (isAnyClaimed && claim.after !== "");
      if (events.length === 0) {
        learned = [];
        if (after !== "" || isAnyClaimed) continue;
        // Behind the first hundred there were tenants with something due, and another claim holds all of it.
        return claim.after === "" ? readDue(due?.rows[0]?.at) : { kind: "due", at: clock.now() };
      }
      if (!isBehind) isBehind = warnOfAge(ports, events);
      const { sent, failed: unsent } = await sendAll(ports, events);
      learned = [markStatement(claim.token, sent, now())];
      if (unsent.length === 0) continue;
      for (const { event, error } of unsent) learned.push(await giveUpOrRetry(ports, claim.token, event, error));
      const marked = await publisherBatch(learned);
      return marked.ok ? { kind: "failed" } : failed(log, "mark", marked);
    }
    if (learned.length === 0) return { kind: "more" };
    const marked = await publisherBatch(learned);
    return marked.ok ? { kind: "more" } : failed(log, "mark", marked);
  };
}

function failed(log: Log, step: string, result: DbResult): PublishOutcome {
  const facts = result.ok ? {} : { reason: result.error.reason, sqlstate: result.error.sqlstate };
  log.warn("publish.unavailable", { step, ...facts });
  return { kind: "failed" };
}

function readDue(at: unknown): PublishOutcome {
  if (at === null || at === undefined) return { kind: "idle" };
  return { kind: "due", at: readTimestamp(at) };
}

/** @returns whether there was anything to tell */
function warnOfAge({ clock, log }: PublisherPorts, events: readonly ClaimedEvent[]): boolean {
  const oldest_ms = clock.now() - Math.min(...events.map(({ createdAt }) => createdAt));
  const isBehind = oldest_ms > OUTBOX_AGE_MS_MAX;
  if (isBehind) log.warn("publish.behind", { oldest_ms });
  return isBehind;
}

/**
 * Together as far as one request takes. An event that failed before goes alone, so that it cannot take others with it, and
 * behind them, the tenants in turn: a queue that is slow must not let one tenant's retries cut off everybody else.
 */
function inRequests(events: readonly ClaimedEvent[]): ClaimedEvent[][] {
  const requests: ClaimedEvent[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const event of events.filter(({ attempts }) => attempts === 0)) {
    const bytes = utf8Length(event.json);
    if (size + bytes > SEND_BYTES_MAX) {
      requests.push([]);
      size = 0;
    }
    requests.at(-1)?.push(event);
    size += bytes;
  }
  return [...requests, ...inTurns(events.filter(({ attempts }) => attempts > 0)).map((event) => [event])];
}

/** The first of each tenant, then the second of each. */
function inTurns(events: readonly ClaimedEvent[]): ClaimedEvent[] {
  const seen = new Map<string, number>();
  const turns = events.map((event) => {
    const turn = seen.get(event.tenant) ?? 0;
    seen.set(event.tenant, turn + 1);
    return { event, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ event }) => event);
}

async function sendAll(ports: PublisherPorts, events: readonly ClaimedEvent[]): Promise<Sent> {
  const sent: ClaimedEvent[] = [];
  const failed: { event: ClaimedEvent; error: string }[] = [];
  const isSendable = (event: ClaimedEvent): boolean => utf8Length(event.json) <= MESSAGE_BYTES_MAX;
  for (const event of events) if (!isSendable(event)) failed.push({ event, error: TOO_LARGE });
  // What is left when the claim is about to end is claimed again: a queue that hangs must not keep what it cost from being written.
  const endsAt = ports.clock.now() + CLAIM_MS - SEND_MS_MAX;
  for (const request of inRequests(events.filter(isSendable))) {
    if (ports.clock.now() > endsAt) break;
    try {
      const late = () => new Error(`no answer within ${SEND_MS_MAX} ms`);
      await within(ports.clock, SEND_MS_MAX, late, () => ports.send(request.map(({ json }) => json)));
      sent.push(...request);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      ports.log.warn("publish.send_failed", { events: request.length, error });
      failed.push(...request.map((event) => ({ event, error })));
    }
  }
  return { sent, failed };
}

const TOO_LARGE = `longer than ${MESSAGE_BYTES_MAX} bytes`;

async function giveUpOrRetry(ports: PublisherPorts, token: string, event: ClaimedEvent, error: string) {
  const { clock, random, log } = ports;
  const isLast = error === TOO_LARGE || event.attempts + 1 >= PUBLISH_ATTEMPTS_MAX;
  const shown = error.slice(0, 500);
  // The letter first: a row is given up only when something stands for it.
  if (isLast && (await ports.bury(event, { reason: error === TOO_LARGE ? "too_large" : "unsent", error: shown }))) {
    log.error("publish.given_up", { tenant_id: event.tenant, event_id: event.id });
    return failStatement(token, event, { retryAt: null, deadAt: toRfc3339(clock.now()), error: shown });
  }
  const cap = Math.min(EVENT_RETRY_MS_MAX, EVENT_RETRY_MS_MIN * 2 ** (event.attempts + 1));
  const retryAt = toRfc3339(clock.now() + EVENT_RETRY_MS_MIN + Math.round(random() * cap));
  return failStatement(token, event, { retryAt, deadAt: null, error: shown });
}
