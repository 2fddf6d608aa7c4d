/** Requests through a call's gateway, for workers that follow redirects: every hop is asked of the gateway again. */
import type { Gateway, GatewayRequest } from "../contract.ts";
import { CallError } from "./call-error.ts";
import { REDIRECTS_MAX } from "./limits.ts";

export type Received = {
  /** Of the last hop. */
  readonly url: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
};

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Asking these again somewhere else changes nothing; a redirect of any other is the caller's to judge. */
const FOLLOWED: readonly string[] = ["GET", "HEAD"];
/** Meant for the first host alone. */
const CREDENTIALS: readonly string[] = ["authorization", "cookie"];

export const headerOf = (headers: Received["headers"], name: string): string | undefined =>
  headers.find(([known]) => known === name)?.[1];

/** Several of one name are one, as a browser's `Headers` has them. */
export function joined(headers: Received["headers"]): { readonly [name: string]: string } {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(values);
}

/** @throws CallError with the gateway's words when a hop is refused or fails. */
export async function send(gateway: Gateway | null, request: GatewayRequest): Promise<Received> {
  if (gateway === null) throw new CallError("EGRESS_DENIED", "this tool has no network");
  let hop = request;
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const answer = await gateway.send(hop);
    if (!answer.ok) throw new CallError(answer.error.code, answer.error.message);
    const next = FOLLOWED.includes(hop.method) ? redirectOf(hop.url, answer) : null;
    if (next === null) return { url: hop.url, status: answer.status, headers: answer.headers, body: answer.body };
    const isSameOrigin = next.origin === URL.parse(hop.url)?.origin;
    const headers = hop.headers.filter(([name]) => isSameOrigin || !CREDENTIALS.includes(name.toLowerCase()));
    hop = { ...hop, url: next.href, headers };
  }
  throw new CallError("TOOL_FAILED", `more than ${REDIRECTS_MAX} redirects`);
}

function redirectOf(from: string, { status, headers }: Pick<Received, "status" | "headers">): URL | null {
  const location = REDIRECTS.includes(status) ? headerOf(headers, "location") : undefined;
  return location === undefined ? null : URL.parse(location, from);
}
