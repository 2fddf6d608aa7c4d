/** One HTTP request for the model: its arguments in, what came back out. Where it may go is the gateway's business. */
import { type Gateway, toBase64, type WorkerRequest, type WorkerResponse } from "../../contract.ts";
import { CallError, toFailure } from "../call-error.ts";
import { clipText } from "../clip.ts";
import { READ_BYTES_MAX } from "../limits.ts";
import { headerOf, joined, type Received, send } from "../send.ts";

/** Asking these twice is asking once: they need no key. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

export async function request(call: WorkerRequest, gateway: Gateway | null): Promise<WorkerResponse> {
  try {
    const { method, url, headers = {}, body } = call.arguments;
    if (typeof method !== "string" || typeof url !== "string") {
      throw new CallError("TOOL_ARGUMENTS", "method and url must be given as text");
    }
    const pairs = toPairs(headers);
    const content = body === undefined || body === null ? null : toText(body);
    if (content !== null && !has(pairs, "content-type")) pairs.push(["content-type", typeOf(content)]);
    if (!SAFE_METHODS.includes(method) && !has(pairs, "idempotency-key")) pairs.push(["idempotency-key", call.key]);
    const received = await send(gateway, {
      method,
      url,
      headers: pairs,
      body: content === null ? null : new TextEncoder().encode(content),
    });
    return { ok: true, result: toResult(url, received), changes: [] };
  } catch (thrown) {
    return toFailure(thrown);
  }
}

const has = (pairs: readonly (readonly [string, string])[], name: string): boolean =>
  pairs.some(([known]) => known.toLowerCase() === name);

function toPairs(headers: unknown): [string, string][] {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw new CallError("TOOL_ARGUMENTS", "headers must be an object of texts");
  }
  return Object.entries(headers).map(([name, value]) => [name, toText(value)]);
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new CallError("TOOL_ARGUMENTS", "body and each header must be given as text");
}

function typeOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null) return "application/json";
  } catch {
    // No JSON, so it is sent as the text it is.
  }
  return "text/plain; charset=utf-8";
}

function toResult(asked: string, { url, status, headers, body }: Received): unknown {
  return {
    status,
    // Where the redirects led, when there were any.
    ...(url === asked ? {} : { url }),
    headers: joined(headers),
    ...toBody(body, headerOf(headers, "content-type") ?? ""),
  };
}

function toBody(bytes: Uint8Array, contentType: string) {
  const text = decode(bytes, contentType);
  if (text !== null) {
    const head = clipText(text);
    return head === text ? { body: text } : { body: head, truncated: true, total_bytes: bytes.byteLength };
  }
  const most = Math.floor(READ_BYTES_MAX / 4) * 3;
  const head = { body: toBase64(bytes.subarray(0, most)), body_encoding: "base64" };
  return bytes.byteLength <= most ? head : { ...head, truncated: true, total_bytes: bytes.byteLength };
}

/** Null for what is not text in its declared character set, UTF-8 by default. */
function decode(bytes: Uint8Array, contentType: string): string | null {
  const label = /charset\s*=\s*"?([\w:.-]{1,40})/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    const text = new TextDecoder(label, { fatal: true, ignoreBOM: false }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null; // bytes that are no text, or a character set nobody knows
  }
}
