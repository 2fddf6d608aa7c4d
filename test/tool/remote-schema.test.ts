/** Schemas of strangers: what is kept of them, what is not, and that nothing they hold can stop the task's object. */
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REMOTE_SCHEMA_BYTES_MAX } from "../../src/tool/limits.ts";
import { rewriteSchema } from "../../src/tool/remote-schema.ts";

const rewritten = (schema: unknown) => {
  const result = rewriteSchema(schema);
  return result.ok ? result.value : result.error;
};
const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });

describe("a schema is kept as far as it asserts in proportion to the arguments", () => {
  for (const [name, given, kept] of [
    ["nothing at all", {}, { type: "object" }],
    [
      "types, enums, bounds and required",
      object(
        { a: { type: ["string", "null"], maxLength: 3 }, b: { enum: [1, 2] }, c: { const: 5 } },
        { required: ["a"] },
      ),
      object(
        { a: { type: ["string", "null"], maxLength: 3 }, b: { enum: [1, 2] }, c: { enum: [5] } },
        { required: ["a"] },
      ),
    ],
    [
      "what is in lists and objects",
      object({ a: { type: "array", items: { type: "integer" } }, b: { prefixItems: [{ type: "string" }] } }),
      object({ a: { type: "array", items: { type: "integer" } }, b: { prefixItems: [{ type: "string" }] } }),
    ],
    ["closed objects", object({}, { additionalProperties: false }), object({}, { additionalProperties: false })],
    [
      "open ones where names are matched by an expression",
      object({}, { additionalProperties: false, patternProperties: { "(a+)+$": {} } }),
      object({}),
    ],
    [
      "alternatives, one of which exactly is for the server to find",
      object({ a: { oneOf: [{ type: "string", pattern: "x" }, { type: "string" }] } }),
      object({ a: { anyOf: [{ type: "string", description: "(pattern: x)" }, { type: "string" }] } }),
    ],
    [
      "an expression and a format as words",
      object({ a: { type: "string", description: "When", format: "date-time", pattern: "^(a+)+$" } }),
      object({ a: { type: "string", description: "When (format: date-time) (pattern: ^(a+)+$)" } }),
    ],
    [
      "a reference as what it names",
      { ...object({ a: { $ref: "#/$defs/x", description: "Mine" } }), $defs: { x: { type: "string" } }, $schema: "s" },
      object({ a: { type: "string", description: "Mine" } }),
    ],
    [
      "a reference beside other assertions",
      { ...object({ a: { $ref: "#/definitions/x", maxLength: 2 } }), definitions: { x: { type: "string" } } },
      object({ a: { maxLength: 2, allOf: [{ type: "string" }] } }),
    ],
    [
      "no alternatives at the root, which providers refuse",
      { ...object({ a: {} }), anyOf: [{ required: ["a"] }], allOf: [{}], not: {}, if: {}, $id: "x" },
      object({ a: {} }),
    ],
    [
      "nothing that is no keyword of its kind",
      { type: "object", properties: 5, required: "a", minProperties: "x" },
      { type: "object" },
    ],
  ] as const) {
    it(name, () => expect(rewritten(given)).toEqual(kept));
  }
});

describe("a schema is refused", () => {
  /** Each part names the next twice, and the last is a text. */
  const doubling = (levels: number) => {
    const twice = (n: number) => ({ allOf: [{ $ref: `#/$defs/x${n}` }, { $ref: `#/$defs/x${n}` }] });
    const parts = Array.from({ length: levels }, (_, n) => [`x${n}`, twice(n + 1)] as const);
    return { ...object({ a: twice(0) }), $defs: { ...Object.fromEntries(parts), [`x${levels}`]: { type: "string" } } };
  };
  for (const [name, schema, reason] of [
    ["that is none", "x", /no JSON object/],
    ["that is a list", [], /no JSON object/],
    ["of something else than an object", { type: "array" }, /arguments are no JSON object/],
    ["that leads back to itself", { ...object({ a: { $ref: "#" } }) }, /back to itself/],
    [
      "that leads back to itself on the way",
      { ...object({ a: { $ref: "#/$defs/x" } }), $defs: { x: { items: { $ref: "#/$defs/x" } } } },
      /back to itself/,
    ],
    ["that doubles with every level", doubling(30), /more than 1000 parts/],
    ["that leaves itself", object({ a: { $ref: "https://evil.example/schema" } }), /names another one/],
    ["that names what it lacks", object({ a: { $ref: "#/$defs/nowhere" } }), /a part that it does not have/],
    ["that names what every object has", object({ a: { $ref: "#/constructor" } }), /a part that it does not have/],
    [
      "that puts a long part in many places",
      {
        ...object(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`a${n}`, { $ref: "#/$defs/x" }]))),
        $defs: { x: { description: "d".repeat(1_000) } },
      },
      new RegExp(`at most ${REMOTE_SCHEMA_BYTES_MAX}`),
    ],
    ["with a name that no provider takes", object({ $filter: {} }), /"\$filter"/],
  ] as const) {
    it(name, () => expect(rewritten(schema)).toMatch(reason));
  }
});

describe("what the server's schema admits, ours admits", () => {
  const leaf = fc.constantFrom<object>(
    { type: "string" },
    { type: "string", pattern: "^a" },
    { type: "integer", minimum: 0 },
    { enum: ["a", 1] },
    { const: "a" },
    { type: "string", format: "email" },
  );
  const schemas = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie("schema"), type: fc.constant("string") }),
      fc.record({ type: fc.constant("array"), items: tie("schema"), uniqueItems: fc.boolean() }),
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      fc.record({ if: tie("schema"), then: tie("schema") }),
      fc.record({
        type: fc.constant("object"),
        properties: fc.record({ a: tie("schema") }),
        patternProperties: fc.record({ "^b": tie("schema") }),
        additionalProperties: fc.boolean(),
      }),
    ),
  })).schema;
  const values = fc.oneof(
    fc.constantFrom("a", "b", 1, -1, null),
    fc.array(fc.constantFrom("a", 1), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b1", "c"), fc.constantFrom("a", 1)),
  );

  it("for schemas of all kinds", () => {
    fc.assert(
      fc.property(schemas, values, (schema, value) => {
        const theirs = object({ x: schema });
        const ours = rewriteSchema(theirs);
        const accepts = (one: object) => new Validator(one, "2020-12", false).validate({ x: value }).valid;
        return !ours.ok || !accepts(structuredClone(theirs)) || accepts(ours.value);
      }),
      { numRuns: 2_000 },
    );
  });
});
