/**
 * What a route is: the facts the OpenAPI document shows, and a handler behind the order every route keeps - who calls,
 * then the query, then the body. Handlers ask for the idempotency key themselves, after all three.
 */
import type * as z from "zod";
import {
  AppError,
  assert,
  type ErrorCode,
  type IdempotencyKey,
  type Log,
  type PackId,
  parseIdempotencyKey,
  parsePackId,
  parseTaskId,
  type TaskId,
  type TenantId,
} from "../platform/index.ts";
import type { AccessScope } from "./access.ts";
import { type Admission, type Admitted, type Audience, admit } from "./admit.ts";
import { isJsonType, parseJson, readBytes } from "./body.ts";
import type { Correlation } from "./correlate.ts";
import type { ApiDeps, Background } from "./deps.ts";
import { parseQuery, parseShape } from "./parse-shape.ts";
import type { Principal } from "./principal.ts";
import { limitRoute } from "./rate-limit.ts";
import type { RateVerdict } from "./rate-limiter.ts";

/** One request on its way through. The mutable members are what its log line and its problem are told. */
export type Scope = {
  readonly deps: ApiDeps;
  readonly request: Request;
  readonly url: URL;
  readonly correlation: Correlation;
  readonly background: Background;
  readonly log: Log;
  /** Who is calling, once that is known. */
  principal: Principal | null;
  tenant: TenantId | null;
  taskId: TaskId | null;
  agentId: string | null;
  /** Code of the error it ends with; null while there is none. */
  refusal: ErrorCode | null;
  /** What the tenant's limit said; null on routes without one. */
  rate: RateVerdict | null;
  /** The path's pattern: bounded in number, unlike paths. */
  route: string;
};

export type Call<Body, Query> = {
  readonly scope: Scope;
  readonly deps: ApiDeps;
  readonly admitted: Admitted;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
};

export type TenantCall<Body, Query> = Call<Body, Query> & { readonly tenant: TenantId };

/** An answer as the document shows it; `content` other than JSON has no schema, and null is no body at all. */
export type Answer = {
  readonly status: number;
  readonly description: string;
  readonly schema?: () => z.ZodType;
  readonly content?: "text/event-stream" | "application/octet-stream" | "application/json" | null;
};

type Facts = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` for each parameter. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly tag:
    | "agents"
    | "tasks"
    | "approvals"
    | "packs"
    | "keys"
    | "webhooks"
    | "secrets"
    | "events"
    | "audit"
    | "policies"
    | "service";
  readonly answers: readonly Answer[];
  readonly errors: readonly ErrorCode[];
  readonly needsKey?: boolean;
};

export type Route = Facts & {
  readonly audience: Audience;
  readonly needs: AccessScope | null;
  readonly body: (() => z.ZodType) | null;
  readonly query: (() => z.ZodType) | null;
  readonly run: (scope: Scope, params: Readonly<Record<string, string>>) => Promise<Response>;
};

type Shape<B extends z.ZodType, Q extends z.ZodType> = { readonly body?: () => B; readonly query?: () => Q };

async function readBody<S extends z.ZodType>(scope: Scope, schema: S): Promise<z.output<S>> {
  const { request, deps } = scope;
  const bytes = await readBytes(request, { clock: deps.clock, bytesMax: deps.config.bodyBytesMax });
  // No body at all reads as an empty object: what is missing from it is then named.
  if (bytes.byteLength === 0) return parseShape(schema, {}, "body");
  if (!isJsonType(request.headers.get("content-type"))) throw new AppError("UNSUPPORTED_MEDIA_TYPE");
  return parseShape(schema, parseJson(bytes), "body");
}

/** A schema for routes that read neither; it is never run. */
type Nothing = z.ZodType<undefined>;

async function prepare<B extends z.ZodType, Q extends z.ZodType>(
  scope: Scope,
  params: Readonly<Record<string, string>>,
  route: Shape<B, Q> & Admission & Pick<Route, "method" | "needsKey">,
): Promise<Call<z.output<B> | undefined, z.output<Q> | undefined>> {
  const { deps, request, url } = scope;
  const admitted = await admit(request.headers, route, deps, (principal) => {
    scope.principal = principal;
  });
  scope.tenant = admitted.tenant;
  await limitRoute(scope, admitted.tenant, route);
  const query = route.query && parseQuery(route.query(), url.searchParams);
  const body = route.body && (await readBody(scope, route.body()));
  return { scope, deps, admitted, params, body, query };
}

/** A route that acts for one tenant. */
export function tenantRoute<B extends z.ZodType = Nothing, Q extends z.ZodType = Nothing>(
  spec: Facts &
    Shape<B, Q> & {
      /** The scope a caller must have. */
      readonly needs: AccessScope;
      readonly handle: (call: TenantCall<z.output<B>, z.output<Q>>) => Promise<Response>;
    },
): Route {
  return {
    ...spec,
    audience: "tenant",
    body: spec.body ?? null,
    query: spec.query ?? null,
    run: async (scope, params) => {
      const call = await prepare(scope, params, { ...spec, audience: "tenant" });
      const { tenant } = call.admitted;
      if (tenant === null) throw new AppError("MISSING_TENANT");
      return spec.handle({ ...call, tenant } as TenantCall<z.output<B>, z.output<Q>>); // undefined only where the shape is Nothing
    },
  };
}

/** A route for everybody, or for callers that need not act for one tenant. */
export function route<B extends z.ZodType = Nothing, Q extends z.ZodType = Nothing>(
  spec: Facts &
    Shape<B, Q> & {
      readonly audience: Exclude<Audience, "tenant">;
      /** Null for everybody. */
      readonly needs: AccessScope | null;
      readonly handle: (call: Call<z.output<B>, z.output<Q>>) => Promise<Response>;
    },
): Route {
  return {
    ...spec,
    body: spec.body ?? null,
    query: spec.query ?? null,
    run: async (scope, params) => spec.handle((await prepare(scope, params, spec)) as Call<z.output<B>, z.output<Q>>), // as above
  };
}

/** Who is calling, behind admission. */
export function requirePrincipal({ principal }: Pick<Scope, "principal">): Principal {
  assert(principal !== null, "admission has let somebody in");
  return principal;
}

/** @throws AppError MISSING_IDEMPOTENCY_KEY, INVALID_REQUEST (no visible ASCII, or two headers that differ) */
export function requireKey(headers: Headers): IdempotencyKey {
  const [plan, draft] = [headers.get("x-idempotency-key"), headers.get("idempotency-key")];
  if (plan && draft && plan !== draft) {
    throw new AppError("INVALID_REQUEST", "X-Idempotency-Key and Idempotency-Key differ; send one of them.");
  }
  const text = plan || draft;
  if (!text) throw new AppError("MISSING_IDEMPOTENCY_KEY");
  const key = parseIdempotencyKey(text);
  if (key === undefined) {
    throw new AppError("INVALID_REQUEST", "An idempotency key is 1 to 255 visible ASCII characters.");
  }
  return key;
}

/** @throws AppError TASK_NOT_FOUND also for what cannot be a task id: no answer tells one from the other. */
export function requireTaskId(call: {
  readonly scope: Scope;
  readonly params: Readonly<Record<string, string>>;
}): TaskId {
  const taskId = parseTaskId(call.params.taskId);
  if (taskId === undefined) throw new AppError("TASK_NOT_FOUND");
  call.scope.taskId = taskId;
  return taskId;
}

/** @throws AppError INVALID_REQUEST */
export function requirePackId(text: string | undefined): PackId {
  const packId = parsePackId(text);
  if (packId === undefined) {
    throw new AppError(
      "INVALID_REQUEST",
      "A pack id is 1 to 128 lower-case letters, digits or '-', starting with a letter.",
    );
  }
  return packId;
}
