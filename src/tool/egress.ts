/**
 * What a tool's isolate may ask of the outside, as far as it is pure: what a call is granted, the form of a request,
 * the headers that pass in either direction, and what must not come back: the secrets that were added on the way.
 * Which URLs are allowed is `platform/egress.ts`; doing it is `egress-gateway.ts`.
 */
import { type EgressRules, err, ok, type Result, toBase64, utf8 } from "../platform/index.ts";
import type { GatewayRequest } from "./contract.ts";
import { EGRESS_HEADERS_LENGTH_MAX, EGRESS_REQUEST_BYTES_MAX } from "./limits.ts";
import { type Needle, replaceNeedles } from "./needle-search.ts";

export type { Needle };

/** What one call may reach, decided by the host before it starts. */
export type EgressGrant = {
  readonly rules: EgressRules;
  /** Names of the tenant's secrets that the pack gives this tool. Each goes only where its owner said. */
  readonly secrets: readonly string[];
  readonly traceparent: string;
};

/** A secret of the tenant, open. It exists in the gateway, in its tenant's object, and nowhere else. */
export type OpenedSecret = {
  readonly name: string;
  readonly value: string;
  /** The one host it is sent to, and the header it is sent in, as it is sent. */
  readonly host: string;
  readonly header: string;
  readonly headerValue: string;
};

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const BODILESS: readonly string[] = ["GET", "HEAD"];

/** Of one connection, or telling lies about who asks and for whom; and what `fetch` sets itself. */
const DROPPED = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "http2-settings", "expect", "content-length", "accept-encoding", "host"],
  ...["forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "x-cluster-client-ip", "cdn-loop"],
]);
const DROPPED_PREFIXES = ["x-forwarded-", "x-original-", "x-envoy-", "cf-", "sec-", "proxy-"] as const;

/** Of one connection; and the length and coding of a body that was decoded on the way. */
const ANSWER_DROPPED = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-connection", "trailer", "transfer-encoding", "upgrade"],
  ...["content-encoding", "content-length", "alt-svc"],
]);

/** Whether a request may carry this header; a secret's owner may not name another either. Lower case. */
export const isSendable = (name: string): boolean =>
  !DROPPED.has(name) && !DROPPED_PREFIXES.some((prefix) => name.startsWith(prefix));

export const isAnswerable = (name: string): boolean => !ANSWER_DROPPED.has(name);

export type ParsedRequest = Omit<GatewayRequest, "headers"> & { readonly headers: Headers };

/** What an isolate sent is the attacker's: anything but a request is an error in words for the model. */
export function parseRequest(value: unknown): Result<ParsedRequest, string> {
  if (typeof value !== "object" || value === null) return err("a request is an object");
  // Read one by one: an object from another isolate has no types, only members.
  const [method, url, pairs, body, until]: readonly unknown[] = ["method", "url", "headers", "body", "until"].map(
    (name) => Reflect.get(value, name),
  );
  if (typeof method !== "string" || !METHODS.includes(method))
    return err(`method must be one of ${METHODS.join(", ")}`);
  if (typeof url !== "string") return err("url must be text");
  if (body !== null && !(body instanceof Uint8Array)) return err("body must be bytes");
  if (body !== null && BODILESS.includes(method)) return err(`${method} carries no body`);
  if (body !== null && body.byteLength > EGRESS_REQUEST_BYTES_MAX) {
    return err(`the body has ${body.byteLength} bytes; at most ${EGRESS_REQUEST_BYTES_MAX} are sent`);
  }
  const headers = parseHeaders(pairs);
  if (!headers.ok) return headers;
  const isId = typeof until === "number" || (typeof until === "string" && until.length <= ID_LENGTH_MAX);
  return ok({ method, url, headers: headers.value, body, ...(isId ? { until } : {}) });
}

/** Ids are counted, or drawn; a longer one is none of ours. */
const ID_LENGTH_MAX = 64;

function parseHeaders(pairs: unknown): Result<Headers, string> {
  const headers = new Headers();
  let length = 0;
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    const [name, value]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof name !== "string" || typeof value !== "string") return err("a header is a name and a value");
    length += name.length + value.length;
    if (length > EGRESS_HEADERS_LENGTH_MAX) return err(`the headers are longer than ${EGRESS_HEADERS_LENGTH_MAX}`);
    if (!isSendable(name.toLowerCase())) continue;
    try {
      headers.append(name, value);
    } catch {
      // The words of the runtime would repeat the value.
      return err(`the header ${JSON.stringify(name.slice(0, 64))} is malformed`);
    }
  }
  return ok(headers);
}

/** Shorter texts occur everywhere by chance. No secret is as short. */
const SPELLING_LENGTH_MIN = 8;

/** Base64 of a text wherever it begins among other bytes, without the characters that its neighbours have a part in. */
function base64Within(text: string): readonly string[] {
  const bytes = utf8(text);
  return [0, 1, 2].flatMap((before) => {
    const all = toBase64(Uint8Array.from([...utf8(" ".repeat(before)), ...bytes]));
    const own = all.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/**
 * Every spelling in which a server may send a secret back: as it is, as it was sent, alone without its user name, in
 * base64 alone or among other bytes, in a URL and in JSON. Longest first, so that no part of one stays behind.
 */
export function spellingsOf({ value, headerValue }: OpenedSecret): readonly string[] {
  const password = value.slice(value.indexOf(":") + 1);
  const base64 = toBase64(utf8(value));
  const within = [value, headerValue, password].flatMap(base64Within);
  const encoded = [base64, base64.replace(/=+$/, ""), ...within];
  const plain = [value, headerValue, password, ...encoded];
  const all = plain.flatMap((text) => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]);
  return [...new Set(all)].filter((text) => text.length >= SPELLING_LENGTH_MIN).sort((a, b) => b.length - a.length);
}

export const markerOf = (name: string): string => `[secret ${name}]`;

/** All spellings of all secrets: made once when they are opened, for every body and every header is searched for them. */
export const needlesOf = (secrets: readonly OpenedSecret[]): readonly Needle[] =>
  secrets.flatMap((secret) => {
    const marker = utf8(markerOf(secret.name));
    return spellingsOf(secret).map((spelling) => ({ bytes: utf8(spelling), marker }));
  });

/**
 * By way of bytes: the engine's own search takes quadratic time for texts that are made for it. The text itself when
 * nothing is found in it.
 */
export function redactText(text: string, needles: readonly Needle[]): string;
/** @returns null when it has become more than `bytesMax` in UTF-8, and more than it was. */
export function redactText(text: string, needles: readonly Needle[], bytesMax: number): string | null;
export function redactText(text: string, needles: readonly Needle[], bytesMax = Infinity): string | null {
  if (needles.length === 0) return text;
  const bytes = utf8(text);
  const redacted = redactBytes(bytes, needles, bytesMax);
  if (redacted === null) return null;
  if (redacted === bytes) return text;
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(redacted);
}

export function redactBytes(bytes: Uint8Array, needles: readonly Needle[]): Uint8Array;
/** @returns null when they have become more than `bytesMax`, and more than they were. */
export function redactBytes(bytes: Uint8Array, needles: readonly Needle[], bytesMax: number): Uint8Array | null;
export function redactBytes(bytes: Uint8Array, needles: readonly Needle[], bytesMax = Infinity): Uint8Array | null {
  return replaceNeedles(bytes, needles, bytesMax);
}
