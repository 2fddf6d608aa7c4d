/**
 * The OpenAPI document, made of the route table and the schemas that parse its bodies, so it cannot say anything else
 * than what is served.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
import * as z from "zod";
import { ERRORS, type ErrorCode } from "../platform/index.ts";
import type { Answer, Route } from "./route.ts";
import { Problem } from "./schema.ts";

/** Version of the REST interface, not of the program: it grows with what is served. */
const API_VERSION = "1.0.0";

type Json = { [member: string]: unknown };

const actsForTenant = ({ audience }: Route): boolean => audience === "tenant" || audience === "shared";

/** Errors that any route can answer with, by what it has. */
function errorsOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(["MISDIRECTED_REQUEST", "HEADERS_TOO_LARGE", "INTERNAL", ...route.errors]);
  if (route.audience !== "open") codes.add("UNAUTHENTICATED").add("FORBIDDEN").add("UNAVAILABLE");
  if (actsForTenant(route)) codes.add("MISSING_TENANT").add("TENANT_MISMATCH");
  if (route.audience !== "open" || route.query !== null) codes.add("INVALID_REQUEST");
  if (route.body !== null) codes.add("TOO_LARGE").add("UNSUPPORTED_MEDIA_TYPE").add("REQUEST_TIMEOUT");
  if (route.method !== "GET") codes.add("FORBIDDEN");
  return [...codes];
}

function toSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io });
  return rest;
}

const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const COMMON_HEADERS = {
  "X-Request-ID": { $ref: "#/components/headers/RequestId" },
  traceparent: { $ref: "#/components/headers/Traceparent" },
};

function addAnswer(responses: Json, answer: Answer): void {
  const key = String(answer.status);
  if (answer.content === null) {
    responses[key] = { description: answer.description, headers: COMMON_HEADERS };
    return;
  }
  const content = answer.content ?? "application/json";
  const body = answer.schema ? { schema: toSchema(answer.schema(), "output") } : {};
  const known = responses[key];
  // Two answers of one status differ in their content type: one response with both.
  if (typeof known === "object" && known !== null) {
    const media = Reflect.get(known, "content");
    if (typeof media === "object" && media !== null) Reflect.set(media, content, body);
    return;
  }
  responses[key] = { description: answer.description, headers: COMMON_HEADERS, content: { [content]: body } };
}

function toResponses(route: Route): Json {
  const responses: Json = {};
  for (const answer of route.answers) addAnswer(responses, answer);
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERRORS[code].http);
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[String(status)] = {
      description: codes.map((code) => `\`${code}\` ${ERRORS[code].title}`).join("; "),
      headers: COMMON_HEADERS,
      content: PROBLEM,
    };
  }
  return responses;
}

function toQueryParameters(query: z.ZodType): Json[] {
  const { properties = {} } = toSchema(query, "output");
  return Object.entries(properties as Json).map(([name, schema]) => {
    const { description, ...rest } = schema as Json; // the schema of an object has object-valued properties
    return { name, in: "query", required: false, ...(description ? { description } : {}), schema: rest };
  });
}

function toParameters(route: Route): Json[] {
  const path = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const tenant = actsForTenant(route) ? [{ $ref: "#/components/parameters/Tenant" }] : [];
  const key = route.needsKey ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : [];
  const query = route.query === null ? [] : toQueryParameters(route.query());
  return [...path, ...tenant, ...key, { $ref: "#/components/parameters/RequestId" }, ...query];
}

function toOperation(route: Route): Json {
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.tag],
    security: route.needs === null ? [] : [{ bearer: [route.needs] }, { tenantHeader: [] }],
    parameters: toParameters(route),
    ...(route.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: toSchema(route.body(), "input") } },
          },
        }),
    responses: toResponses(route),
  };
}

const COMPONENTS = {
  securitySchemes: {
    bearer: { type: "http", scheme: "bearer", description: "A key or a JWT" },
    tenantHeader: {
      type: "apiKey",
      in: "header",
      name: "X-Tenant-ID",
      description: "Trusted alone only with AUTH_MODE=dev, on this machine",
    },
  },
  headers: {
    RequestId: { description: "The trace id to quote when asking for help", schema: { type: "string" } },
    Traceparent: { description: "W3C trace context", schema: { type: "string" } },
  },
  parameters: {
    Tenant: {
      name: "X-Tenant-ID",
      in: "header",
      required: false,
      description: "Selects among the credential's tenants; required with AUTH_MODE=dev when there is no credential",
      schema: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$" },
    },
    IdempotencyKey: {
      name: "X-Idempotency-Key",
      in: "header",
      required: true,
      description: "The same key and body give the same task; `Idempotency-Key` is read too",
      schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
    },
    RequestId: {
      name: "X-Request-ID",
      in: "header",
      required: false,
      description: "Becomes the trace id when valid",
      schema: { type: "string", pattern: "^[A-Za-z0-9._-]{1,64}$" },
    },
  },
} as const;

/** The document as JSON text. */
export function openApiDocument(routes: readonly Route[]): string {
  const paths: { [path: string]: Json } = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: toOperation(route) };
  }
  return JSON.stringify({
    openapi: "3.1.1",
    info: {
      title: "Vasini",
      version: API_VERSION,
      description: "Runs AI agents described by files as durable, governed tasks.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { tenantHeader: [] }],
    tags: [
      { name: "agents" },
      { name: "tasks" },
      { name: "approvals" },
      { name: "packs" },
      { name: "keys" },
      { name: "webhooks" },
      { name: "secrets" },
      { name: "events" },
      { name: "audit" },
      { name: "policies" },
      { name: "service" },
    ],
    paths,
    components: { ...COMPONENTS, schemas: { Problem: toSchema(Problem(), "output") } },
  });
}
