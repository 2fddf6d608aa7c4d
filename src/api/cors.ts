/**
 * Which pages may call. Our own origin and the configured ones; a call that changes state from any other origin is
 * refused, for a browser sends some of those without asking first.
 */
import { AppError } from "../platform/index.ts";

/** What RPC's protocols send and read, as Connect's own list has it; not imported, for all of Connect comes along. */
const RPC_HEADERS = {
  allowed: [
    ...["Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms", "Connect-Content-Encoding"],
    ...["Connect-Accept-Encoding", "Content-Encoding", "Accept-Encoding", "Grpc-Message-Type", "X-Grpc-Web"],
    ...["X-User-Agent", "Grpc-Timeout"],
  ],
  exposed: [
    ...["Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin", "Content-Encoding", "Connect-Content-Encoding"],
  ],
} as const;

const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const ALLOWED_HEADERS = [
  ...RPC_HEADERS.allowed,
  "Authorization",
  "X-Tenant-ID",
  "X-Idempotency-Key",
  "Idempotency-Key",
  "X-Request-ID",
  "traceparent",
  "trace_id",
  "Last-Event-ID",
  "Prefer",
].join(", ");

/** Names under which RPC carries its correlation, in headers and in trailers. */
export const RPC_METADATA = ["trace_id", "tenant_id", "agent_id", "task_id"] as const;

const EXPOSED_HEADERS = [
  ...RPC_HEADERS.exposed,
  "X-Request-ID",
  "traceparent",
  "Location",
  "Link",
  "Retry-After",
  "RateLimit",
  "RateLimit-Policy",
  "Idempotent-Replayed",
  "Preference-Applied",
  ...RPC_METADATA,
  ...RPC_METADATA.map((name) => `Trailer-${name}`),
].join(", ");

/** Seconds a browser may remember a preflight's answer. */
const PREFLIGHT_SECONDS = "7200";

const isKnown = (origin: string, url: URL, known: readonly string[]): boolean =>
  origin === url.origin || known.includes(origin);

/** @throws AppError FORBIDDEN for a state-changing call from a page of an unknown origin. */
export function checkOrigin(request: Request, url: URL, known: readonly string[]): void {
  const origin = request.headers.get("origin");
  if (origin === null || request.method === "GET" || request.method === "HEAD") return;
  if (!isKnown(origin, url, known)) {
    throw new AppError(
      "FORBIDDEN",
      "Calls from this origin are not allowed. The operator lists origins in CORS_ORIGINS.",
    );
  }
}

export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" && request.headers.has("origin") && request.headers.has("access-control-request-method");

/** The answer to a preflight whose origin passed checkOrigin. */
export const preflightResponse = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": ALLOWED_METHODS,
      "access-control-allow-headers": ALLOWED_HEADERS,
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
  });

/** Lets the page read the answer when its origin is known; errors included, or a page could not tell why. */
export function addCorsHeaders(headers: Headers, request: Request, url: URL, known: readonly string[]): void {
  headers.append("vary", "Origin");
  const origin = request.headers.get("origin");
  if (origin === null || !isKnown(origin, url, known)) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED_HEADERS);
}
