/** `fetch` for the SDK's client, through the call's gateway and nothing else. */
import type { Gateway } from "../../contract.ts";
import { CallError } from "../call-error.ts";

/** Statuses that carry no body, which `Response` insists on. */
const BODILESS: readonly number[] = [204, 205, 304];

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * One for each session. It throws CallError with the gateway's words, and for a redirect: the pack names the place that
 * is asked, and an answer names no other.
 */
export function fetchThrough(gateway: Gateway): Fetch {
  let awaited: Awaited;
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    const method = init.method ?? "GET";
    // The stream on which a server speaks unasked: nobody would listen, and it would hold up the call's other requests.
    // With an event to go on from it is the rest of an answer.
    if (method === "GET" && !headers.has("last-event-id")) return new Response(null, { status: 405 });
    const text = typeof init.body === "string" ? init.body : null;
    if (text !== null) awaited = idOf(text);
    const body = text === null ? null : new TextEncoder().encode(text);
    const until = awaited === undefined ? {} : { until: awaited };
    const answer = await gateway.send({ method, url: String(url), headers: [...headers], body, ...until });
    if (!answer.ok) throw new CallError(answer.error.code, answer.error.message);
    const { status } = answer;
    if (status >= 300 && status < 400 && status !== 304) {
      throw new CallError("TOOL_FAILED", "the server answered with a redirect, which is not followed");
    }
    return new Response(BODILESS.includes(status) ? null : answer.body, {
      status,
      headers: answer.headers.map(([name, value]): [string, string] => [name, value]),
    });
  };
}

/** The id of the request that is to be answered; undefined when it is none, which gets no answer. */
type Awaited = string | number | undefined;

function idOf(text: string): Awaited {
  const { id, method } = JSON.parse(text) as { readonly id?: Awaited; readonly method?: unknown }; // the SDK's own text
  return method === undefined ? undefined : id;
}
