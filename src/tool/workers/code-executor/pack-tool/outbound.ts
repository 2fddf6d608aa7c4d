/**
 * A tool's requests on their way out of its isolate. Whether one may go is not decided here: all that leaves an isolate
 * passes what the host put in front of it, or, without any, nothing does.
 */
import { FETCH_BODY_BYTES_MAX } from "../../limits.ts";
import type { OutboundAnswer, OutboundRequest } from "./protocol.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const refuse = (message: string): OutboundAnswer => ({ ok: false, code: "EGRESS_DENIED", message });

/** Never rejects. */
export async function send(fetch: Fetch, { url, method, headers, body }: OutboundRequest): Promise<OutboundAnswer> {
  try {
    // The next hop of a redirect is a request of its own, which the tool has to make and the host to allow.
    const response = await fetch(url, { method, headers: { ...headers }, body, redirect: "manual" });
    const text = await readText(response);
    if (text === null) return refuse(`the answer of ${url} is longer than ${FETCH_BODY_BYTES_MAX} bytes`);
    return { ok: true, status: response.status, headers: Object.fromEntries(response.headers), body: text };
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : "the request failed");
  }
}

/** Null when it is too long: half an answer would be taken for a whole one. */
async function readText(response: Response): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > FETCH_BODY_BYTES_MAX) return null;
    parts.push(part);
  }
  return new Blob(parts).text();
}
