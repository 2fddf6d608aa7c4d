/**
 * The way out of one call: judges each request, adds the tenant's secrets, asks, and gives back what came without
 * them. It belongs to one call and ends with it; a record of every decision goes into the call's outcome. The isolate
 * on the other side has no network of its own at all.
 */
import { Canceller, type Clock, checkEgressUrl, type Log } from "../platform/index.ts";
import { type GatewayAnswer, joinBytes, type ToolErrorCode } from "./contract.ts";
import {
  type EgressGrant,
  isAnswerable,
  type Needle,
  needlesOf,
  type OpenedSecret,
  type ParsedRequest,
  parseRequest,
  redactBytes,
  redactText,
} from "./egress.ts";
import { createAnswerWatch } from "./event-stream.ts";
import {
  ANSWER_LENGTH_MAX,
  EGRESS_ANSWER_HEADERS_LENGTH_MAX,
  EGRESS_MS_MAX,
  EGRESS_REQUESTS_MAX,
  EGRESS_RESPONSE_BYTES_MAX,
  EGRESS_WAITING_BYTES_MAX,
} from "./limits.ts";
import type { EgressRecord } from "./types.ts";

export type GatewayOptions = {
  readonly grant: EgressGrant;
  /** Asked at the first request that is allowed, once. */
  readonly openSecrets: (names: readonly string[]) => Promise<readonly OpenedSecret[]>;
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly log: Log;
};

export type CallGateway = {
  /** Never rejects. One request at a time; others wait, or are refused at once when there is no room to. */
  send(request: unknown): Promise<GatewayAnswer>;
  /** Ends what is under way and refuses what comes later. @returns what was decided, in order. */
  close(): readonly EgressRecord[];
  /** The text without the secrets that this call's requests carried. Null when it is too large an answer without them. */
  redact(text: string): string | null;
};

const USER_AGENT = "vasini";

const fail = (code: ToolErrorCode, message: string): GatewayAnswer => ({ ok: false, error: { code, message } });
const OVER = fail("EGRESS_DENIED", "the call is over");

/** How a request that was allowed ended without an answer. */
type Failure = { readonly reason: string; readonly code: ToolErrorCode; readonly message: string };

/** The secrets of a call, and what of them must not come back. */
type Opened = { readonly secrets: readonly OpenedSecret[]; readonly needles: readonly Needle[] };
const toOpened = (secrets: readonly OpenedSecret[]): Opened => ({ secrets, needles: needlesOf(secrets) });
const NOTHING = toOpened([]);

export function createGateway(options: GatewayOptions): CallGateway {
  const ended = new AbortController();
  const records: EgressRecord[] = [];
  let opened: Opened | null = options.grant.secrets.length === 0 ? NOTHING : null;
  let last: Promise<unknown> = Promise.resolve();
  /** In line, so not in the records yet. */
  const waiting = { requests: 0, bytes: 0 };

  const sendOne = async (request: ParsedRequest): Promise<GatewayAnswer> => {
    if (ended.signal.aborted) return OVER;
    const record = recordOf(request);
    const slot = records.push(record) - 1;
    const url = checkEgressUrl(request.url, options.grant.rules);
    if (!url.ok) {
      records[slot] = { ...record, reason: url.error.reason };
      return fail("EGRESS_DENIED", url.error.message);
    }
    // Stands until the request has ended: a call that ends before leaves this behind.
    records[slot] = { ...record, allowed: true, reason: "interrupted" };
    try {
      opened ??= toOpened(await options.openSecrets(options.grant.secrets));
    } catch {
      // Said by the object that keeps them. Without them the request would be another one than the pack means.
      records[slot] = { ...record, allowed: true, reason: "secrets_unavailable" };
      return fail("TOOL_FAILED", "the secrets of this tool could not be opened; try again later");
    }
    const { answer, facts } = await ask(options, {
      url: url.value,
      request,
      opened,
      ended: ended.signal,
    });
    if (ended.signal.aborted) return OVER;
    records[slot] = { ...record, allowed: true, ...facts };
    return answer;
  };
  return {
    send: async (value) => {
      if (ended.signal.aborted) return OVER;
      if (records.length + waiting.requests >= EGRESS_REQUESTS_MAX) {
        return fail("TOOL_LIMIT", `a call makes at most ${EGRESS_REQUESTS_MAX} requests`);
      }
      const parsed = parseRequest(value);
      if (!parsed.ok) return fail("TOOL_ARGUMENTS", parsed.error);
      const bytes = heldBytes(parsed.value);
      if (waiting.bytes + bytes > EGRESS_WAITING_BYTES_MAX) {
        const message = `at most ${EGRESS_WAITING_BYTES_MAX} bytes of requests wait for their turn; ask again when one is answered`;
        return fail("TOOL_LIMIT", message);
      }
      waiting.requests += 1;
      waiting.bytes += bytes;
      const answer = last.then(() => {
        waiting.requests -= 1;
        waiting.bytes -= bytes;
        return sendOne(parsed.value);
      });
      last = answer;
      return answer;
    },
    close: () => {
      ended.abort();
      return [...records];
    },
    redact: (text) => redactText(text, opened?.needles ?? [], ANSWER_LENGTH_MAX),
  };
}

/** What a request holds while it waits, beside its headers, which have a limit of their own. */
const heldBytes = ({ url, body }: ParsedRequest): number => url.length + (body?.byteLength ?? 0);

const HOST_LENGTH_MAX = 255;

const recordOf = ({ method, url, body }: ParsedRequest): EgressRecord => ({
  host: (URL.parse(url)?.hostname ?? "").slice(0, HOST_LENGTH_MAX),
  method,
  allowed: false,
  sent_bytes: body?.byteLength ?? 0,
  received_bytes: 0,
});

type Asked = {
  readonly url: URL;
  readonly request: ParsedRequest;
  readonly opened: Opened;
  readonly ended: AbortSignal;
};

type Facts = Partial<Pick<EgressRecord, "status" | "reason" | "received_bytes" | "secrets">>;

/** One request that is allowed, with its time limit. */
async function ask(
  { fetch, clock, log, grant }: GatewayOptions,
  { url, request, opened, ended }: Asked,
): Promise<{ readonly answer: GatewayAnswer; readonly facts: Facts }> {
  const { hostname } = url;
  const late = new AbortController();
  const done = new Canceller();
  // The sleep's rejection is our own abort, when the answer came in time.
  clock.sleep(EGRESS_MS_MAX, done.signal).then(
    () => late.abort(),
    () => undefined,
  );
  const failed = ({ reason, code, message }: Failure, facts: Facts = {}) => ({
    answer: fail(code, message),
    facts: { ...facts, reason },
  });
  let facts: Facts = {};
  try {
    const added = opened.secrets.filter(({ host }) => host === hostname);
    for (const { header, headerValue } of added) request.headers.set(header, headerValue);
    if (added.length > 0) facts = { secrets: added.map(({ name }) => name) };
    if (!request.headers.has("user-agent")) request.headers.set("user-agent", USER_AGENT);
    if (!request.headers.has("traceparent")) request.headers.set("traceparent", grant.traceparent);
    const signal = AbortSignal.any([ended, late.signal]);
    const { method, headers, body } = request;
    const response = await fetch(url, {
      method,
      headers,
      body,
      signal,
      // The next hop is judged like the first. Nothing of one tenant's answers is kept for another's requests.
      redirect: "manual",
      cache: "no-store",
    });
    facts = { ...facts, status: response.status };
    const bytes = await readBody(response, request.until);
    // A name may be longer than its secret: what repeats it becomes more.
    const kept = bytes === null ? null : redactBytes(bytes, opened.needles, EGRESS_RESPONSE_BYTES_MAX);
    if (bytes === null || kept === null) {
      const message = `the answer of ${hostname} is larger than ${EGRESS_RESPONSE_BYTES_MAX} bytes`;
      return failed({ reason: "too_large", code: "TOOL_LIMIT", message }, facts);
    }
    const answer = {
      ok: true,
      status: response.status,
      headers: withoutSecrets(response.headers, opened.needles),
      body: kept,
    } as const;
    return { answer, facts: { ...facts, received_bytes: bytes.byteLength } };
  } catch (thrown) {
    if (late.signal.aborted) {
      const message = `${hostname} did not answer within ${EGRESS_MS_MAX} ms`;
      return failed({ reason: "timeout", code: "TOOL_TIMEOUT", message }, facts);
    }
    // Not the runtime's words: they may speak of this machine, or repeat what was sent. The host is the user's, and
    // stands in the record.
    if (!ended.aborted) log.warn("egress.failed", { error: thrown instanceof Error ? thrown.name : "" });
    const problem =
      facts.status === undefined ? `${hostname} could not be reached` : `the answer of ${hostname} broke off`;
    return failed({ reason: "unreachable", code: "TOOL_FAILED", message: problem }, facts);
  } finally {
    done.abort();
  }
}

/** Null when it is too large; the rest is not read. */
async function readBody(response: Response, until: string | number | undefined): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const isComplete = until === undefined || !isStream ? () => false : createAnswerWatch(until);
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of response.body) {
    total += piece.byteLength;
    // Leaving the loop cancels the stream.
    if (total > EGRESS_RESPONSE_BYTES_MAX) return null;
    pieces.push(piece);
    if (isComplete(piece)) break;
  }
  return joinBytes(pieces);
}

function withoutSecrets(headers: Headers, needles: readonly Needle[]): readonly (readonly [string, string])[] {
  const kept: (readonly [string, string])[] = [];
  let length = 0;
  for (const [name, value] of headers) {
    const isKept = isAnswerable(name);
    const header = isKept
      ? ([redactText(name, needles), redactText(value, needles)] as const)
      : ([name, value] as const);
    length += header[0].length + header[1].length;
    if (length > EGRESS_ANSWER_HEADERS_LENGTH_MAX) break;
    if (isKept) kept.push(header);
  }
  return kept;
}
