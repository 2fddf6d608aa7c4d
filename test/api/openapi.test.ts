/** The served document: valid in itself, and about exactly the routes there are. */
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../src/api/openapi.ts";
import { ROUTES } from "../../src/api/routes.ts";

type Json = { readonly [member: string]: unknown };
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters: readonly (Json & { readonly $ref?: string })[];
  readonly requestBody?: { readonly content: Json };
  readonly responses: { readonly [status: string]: Json };
};
type Document = {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
};

const TEXT = openApiDocument(ROUTES);
const DOCUMENT: Document = JSON.parse(TEXT);
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
);

/** The value at a local `$ref`. */
const resolve = (ref: string): unknown =>
  ref
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>(
      (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
      DOCUMENT,
    );

describe("the OpenAPI document", () => {
  it("is of version 3.1", () => {
    expect(DOCUMENT.openapi).toMatch(/^3\.1\.\d$/);
  });

  it("has every route, and every operation in it is a route", () => {
    expect(OPERATIONS.map(({ name }) => name).sort()).toEqual(
      ROUTES.map(({ method, path }) => `${method} ${path}`).sort(),
    );
  });

  it("names every operation once", () => {
    const names = OPERATIONS.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it("refers only to what it has", () => {
    const refs = [...TEXT.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? "");
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) expect(resolve(ref), ref).toBeDefined();
  });

  it("uses only the tags it lists", () => {
    const tags = new Set(DOCUMENT.tags.map(({ name }) => name));
    for (const { name, operation } of OPERATIONS)
      for (const tag of operation.tags) expect(tags.has(tag), name).toBe(true);
  });

  it.each(OPERATIONS)("declares each path parameter of $name, and says what every answer is", ({ path, operation }) => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
    expect(declared).toEqual(inPath);
    expect(Object.keys(operation.responses).some((status) => status.startsWith("2"))).toBe(true);
    for (const [status, response] of Object.entries(operation.responses)) {
      expect(status).toMatch(/^[2345]\d\d$/);
      expect(response).toMatchObject({ description: expect.any(String) });
      // No content is what 204 is about, and MCP answers a notification with an empty 202.
      const isEmpty = status === "204" || (path === "/mcp" && status === "202");
      expect(response.content !== undefined, status).toBe(!isEmpty);
      if (Number(status) >= 400) expect(response.content).toHaveProperty(["application/problem+json"]);
    }
  });

  it("asks for an idempotency key where tasks are made, and nowhere else", () => {
    const keyed = OPERATIONS.filter(({ operation }) =>
      operation.parameters.some(({ $ref }) => $ref === "#/components/parameters/IdempotencyKey"),
    );
    expect(keyed.map(({ name }) => name)).toEqual([
      "POST /api/v1/agents/{packId}/run",
      "POST /api/v1/tasks/{taskId}/replay",
    ]);
  });

  it("shows input as the one member a run must have", () => {
    const run = DOCUMENT.paths["/api/v1/agents/{packId}/run"]?.post;
    expect(run?.requestBody?.content).toMatchObject({
      "application/json": { schema: { type: "object", required: ["input"], additionalProperties: false } },
    });
  });

  it("shows server-sent events and the JSON page as two contents of one answer", () => {
    const events = DOCUMENT.paths["/api/v1/tasks/{taskId}/events"]?.get;
    expect(Object.keys((events?.responses["200"]?.content ?? {}) as Json)).toEqual([
      "text/event-stream",
      "application/json",
    ]);
  });
});
