/**
 * The public API over fetch: headers, time limits, retries, and problem+json turned into one error class. Only requests
 * that may be repeated without harm are repeated: reads, and writes that carry an idempotency key.
 */
import { type Clock, type Random, systemClock, systemRandom } from "../platform/index.ts";
import { type CliError, ownError, serverError } from "./exit.ts";
import { REQUEST_MS_MAX, REQUEST_TRIES, RETRY_AFTER_MS_MAX, RETRY_BASE_MS } from "./limits.ts";
import type { Settings } from "./settings.ts";
import { listOf, objectOf, parseJson, textOf } from "./value.ts";

type ApiRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Starts with `/`; its parts are already encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  /** A write that a second time changes nothing, without a key: cancelling, revoking. */
  readonly repeatable?: boolean;
};

export interface Client {
  readonly url: string;
  /** The parsed JSON body. @throws CliError for everything that is not a 2xx answer with JSON. */
  send(request: ApiRequest): Promise<unknown>;
  /** The bytes of a 2xx answer. @throws CliError for everything else. */
  download(path: string): Promise<Uint8Array>;
  /** An open event stream. @throws CliError when the server refuses it, TypeError when the connection fails. */
  openEvents(taskId: string, after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export type ClientPorts = {
  readonly settings: Settings;
  /** Aborts everything: the user pressed Ctrl-C. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly random?: Random;
};

const RETRIABLE = new Set([429, 502, 503, 504]);

export function createClient(ports: ClientPorts): Client {
  const { settings, signal, clock = systemClock, random = systemRandom } = ports;
  const headersFor = (request: ApiRequest): Headers => {
    const headers = credentialHeaders(settings);
    headers.set("accept", "application/json");
    if (request.body !== undefined) headers.set("content-type", "application/json");
    if (request.idempotencyKey !== undefined) headers.set("x-idempotency-key", request.idempotencyKey);
    return headers;
  };
  const sendOnce = async (request: ApiRequest): Promise<Response | Error> => {
    try {
      return await fetch(`${settings.url}${request.path}`, {
        method: request.method,
        headers: headersFor(request),
        // A redirect would carry the credential to a place nobody configured.
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
    } catch (thrown) {
      if (signal.aborted) throw interrupted();
      return thrown instanceof Error ? thrown : new Error(String(thrown));
    }
  };
  const answerOf = async (request: ApiRequest): Promise<Response> => {
    const mayRepeat = request.method === "GET" || request.idempotencyKey !== undefined || request.repeatable === true;
    const tries = mayRepeat ? REQUEST_TRIES : 1;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await sendOnce(request);
      const delayMs = attempt < tries ? retryDelayMs(answer, attempt, random) : null;
      if (delayMs === null) {
        if (answer instanceof Error) throw unreachable(answer, settings.url);
        return answer;
      }
      await clock.sleep(delayMs, signal).catch(() => {
        throw interrupted();
      });
    }
  };
  return {
    url: settings.url,
    send: async (request) => readAnswer(await answerOf(request), signal),
    download: async (path) => {
      const response = await answerOf({ method: "GET", path });
      if (!response.ok) throw await problemOf(response);
      return new Uint8Array(await response.arrayBuffer().catch(() => brokenOff(signal)));
    },
    openEvents: async (taskId, after, streamSignal) => {
      const headers = credentialHeaders(settings);
      headers.set("accept", "text/event-stream");
      if (after > 0) headers.set("last-event-id", String(after));
      const path = `/api/v1/tasks/${encodeURIComponent(taskId)}/events`;
      const response = await fetch(`${settings.url}${path}`, { headers, redirect: "manual", signal: streamSignal });
      if (!response.ok) throw await problemOf(response);
      const type = response.headers.get("content-type") ?? "";
      if (response.body === null || !type.startsWith("text/event-stream")) {
        throw ownError("BAD_ANSWER", `The server answered ${type || "nothing"} where an event stream was expected.`);
      }
      return response.body;
    },
  };
}

/** @param hint null where there is no task that could go on. */
export const interrupted = (hint?: string | null): CliError =>
  ownError("INTERRUPTED", "Interrupted.", hint === undefined ? {} : { hint });

function credentialHeaders(settings: Settings): Headers {
  const headers = new Headers();
  if (settings.apiKey !== null) headers.set("authorization", `Bearer ${settings.apiKey}`);
  if (settings.tenant !== null) headers.set("x-tenant-id", settings.tenant);
  return headers;
}

/** Null: do not try again. */
function retryDelayMs(answer: Response | Error, attempt: number, random: Random): number | null {
  const jittered = Math.ceil(RETRY_BASE_MS * 2 ** (attempt - 1) * (0.5 + random() / 2));
  if (answer instanceof Error) return answer.name === "TimeoutError" ? null : jittered;
  if (!RETRIABLE.has(answer.status)) return null;
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  if (!Number.isFinite(seconds) || seconds < 0) return jittered;
  return seconds * 1000 <= RETRY_AFTER_MS_MAX ? Math.max(seconds * 1000, jittered) : null;
}

/** The cause names what the network said; fetch itself only says "fetch failed". */
function unreachable(error: Error, url: string): CliError {
  if (error.name === "TimeoutError") {
    return ownError("TIMEOUT", `${url} did not answer within ${REQUEST_MS_MAX / 1000} seconds.`);
  }
  const cause = objectOf(error.cause);
  const reason = textOf(cause.code) ?? (error.cause instanceof Error ? error.cause.message : error.message);
  return ownError("UNREACHABLE", `No server answers at ${url} (${reason}).`);
}

function brokenOff(signal: AbortSignal): never {
  throw signal.aborted ? interrupted() : ownError("BAD_ANSWER", "The answer broke off.");
}

async function readAnswer(response: Response, signal: AbortSignal): Promise<unknown> {
  if (!response.ok) throw await problemOf(response);
  const text = await response.text().catch(() => brokenOff(signal));
  const body = text === "" ? {} : parseJson(text);
  if (body === undefined)
    throw ownError("BAD_ANSWER", `The server answered ${response.status} with something else than JSON.`);
  return body;
}

/** @see RFC 9457; `code`, `message` and `trace_id` are this API's members. */
async function problemOf(response: Response): Promise<CliError> {
  const problem = objectOf(parseJson(await response.text().catch(() => "")));
  const code = textOf(problem.code);
  if (code === undefined) {
    return ownError("BAD_ANSWER", `The server answered ${response.status} without saying why.`);
  }
  const wait = response.headers.get("retry-after");
  const message = textOf(problem.detail) ?? textOf(problem.message) ?? textOf(problem.title) ?? code;
  const errors = listOf(problem.errors);
  return serverError(
    {
      status: response.status,
      code,
      message: wait === null ? message : `${message.replace(/\.$/, "")}. Retry after ${wait} s.`,
      traceId: textOf(problem.trace_id) ?? response.headers.get("x-request-id"),
    },
    errors.length === 0 ? {} : { errors },
  );
}
