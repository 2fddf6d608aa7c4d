/** Shape: what the compiled schemas say about a merged layer, told with the place that supplied each value. */
import { type Field, jsonSchema, type SchemaError, type Validator } from "../gen/schema/validators.js";
import {
  describe,
  type Fault,
  nodeAt,
  type Place,
  pointerTo,
  problem,
  type Source,
  segmentsOf,
  toData,
} from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { PackProblem } from "./types.ts";

/** What a pattern of the schemas means, in words. */
const PATTERN_WORDS: Readonly<Record<string, string>> = {
  "^\\d+\\.\\d+$": 'a version of two numbers, such as "1.0"',
  "^\\d+\\.\\d+\\.\\d+$": 'a version of three numbers, such as "1.0.0"',
  "^[a-z][a-z0-9-]*$": 'lower-case letters, digits and "-", starting with a letter',
};

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  null: "null",
};

/** Quantities as their fields want them: the bare number in quotes would be refused once more. */
const QUANTITY_WORDS: Readonly<Record<string, string>> = {
  timeout: '"30s"',
  max_duration: '"30m"',
  approval_ttl: '"24h"',
  ttl: '"24h"',
  memory_limit: '"32Mi"',
  cost_limit_per_task: '"$10"',
};

/** Keywords that only say that one of their parts failed; the parts speak for themselves. */
const SUMMARIES = new Set(["anyOf", "oneOf", "allOf", "not", "if"]);

/** Where references to layers stand in a manifest; the loader judges those, with better words. */
const LAYER = /^\/(?:(?:soul|role|tools|guardrails|memory|workflow)|skills\/\d+)(?:\/|$)/;

/** Where a fault is: the node itself, or, when it is missing, the nearest mapping above it. */
export function placeOf(root: Source, pointer: string): Place {
  const node = nodeAt(root, pointer);
  if (node !== undefined || pointer === "") return node?.at ?? root.at;
  const segments = segmentsOf(pointer);
  const above = placeOf(root, pointer.slice(0, pointer.lastIndexOf("/")));
  return { ...above, pointer: pointerTo(above.pointer, segments.at(-1) ?? "") };
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const typeWords = (value: unknown): string =>
  [value]
    .flat()
    .map((type) => TYPE_WORDS[String(type)] ?? String(type))
    .join(" or ");

/** How a string field is written by whoever wrote `text` without quotes. */
function wordsFor(name: string, text: string): string {
  const quantity = QUANTITY_WORDS[name];
  return quantity === undefined ? `, in quotes: "${text}"` : ` with its unit, such as ${quantity}`;
}

function faultOf(error: SchemaError, node: Source | undefined, expected: Field | undefined): Fault {
  const { keyword, params } = error;
  const found = describe(node);
  const name = segmentsOf(error.instancePath).at(-1) ?? "The file";
  switch (keyword) {
    case "type": {
      const quoted = params.type === "string" && node?.kind === "scalar" && node.value !== null;
      const hint = quoted ? wordsFor(name, node.text) : "";
      return { message: `${name} has the wrong type`, found, expected: `${typeWords(params.type)}${hint}` };
    }
    case "enum": {
      const values = list(params.allowedValues);
      const given = node?.kind === "scalar" ? String(node.value) : "";
      return {
        message: `${name} is none of its values.${didYouMean(given, values)}`,
        found,
        expected: `one of ${values.join(", ")}`,
      };
    }
    case "required": {
      const missing = String(params.missingProperty);
      return { message: `${missing} is missing`, found: "nothing", expected: expected?.expected || "a value" };
    }
    case "pattern": {
      const pattern = String(params.pattern);
      return { message: `${name} is malformed`, found, expected: PATTERN_WORDS[pattern] ?? `text like ${pattern}` };
    }
    case "format":
      return { message: `${name} is malformed`, found, expected: `a ${String(params.format)}` };
    default:
      return { message: `${name} is out of bounds`, found, expected: error.message ?? keyword };
  }
}

const fieldAt = (field: Field, pointer: string): Field | undefined =>
  segmentsOf(pointer).reduce<Field | undefined>((at, segment) => {
    if (at?.kind === "list") return at.item;
    return at?.kind === "map" ? at.members[segment] : undefined;
  }, field);

/** Every fault the schema finds, at the place that supplied the value. */
export function checkShape(root: Source, validate: Validator, field: Field): PackProblem[] {
  if (validate(toData(root))) return [];
  const isManifest = field.kind === "map" && field.members.soul?.kind === "layer";
  return (validate.errors ?? []).flatMap((error) => {
    if (SUMMARIES.has(error.keyword) || (isManifest && LAYER.test(error.instancePath))) return [];
    const missing = error.keyword === "required" ? pointerTo("", String(error.params.missingProperty)) : "";
    const pointer = error.instancePath + missing;
    return [problem("error", placeOf(root, pointer), faultOf(error, nodeAt(root, pointer), fieldAt(field, pointer)))];
  });
}

/** Keys that no schema knows, each with the nearest one that it does. */
export function checkKeys(node: Source, field: Field, severity: PackProblem["severity"]): PackProblem[] {
  if (field.kind === "list" && node.kind === "list") {
    return node.items.flatMap((item) => checkKeys(item, field.item, severity));
  }
  if (field.kind !== "map" || node.kind !== "map") return [];
  const names = Object.keys(field.members);
  return [...node.entries].flatMap(([name, { key, value }]) => {
    const known = Object.hasOwn(field.members, name) ? field.members[name] : undefined;
    if (known !== undefined) return checkKeys(value, known, severity);
    const message = `"${name}" is not a known key, and is not read.${didYouMean(name, names)}`;
    return [problem(severity, key, { message, found: JSON.stringify(name), expected: `one of ${names.join(", ")}` })];
  });
}

/** `data` without the keys that no schema knows. */
export function knownPart(data: unknown, field: Field): unknown {
  if (field.kind === "list" && Array.isArray(data)) return data.map((item: unknown) => knownPart(item, field.item));
  if (field.kind !== "map" || typeof data !== "object" || data === null) return data;
  const members = Object.entries(data).flatMap(([name, value]) => {
    const known = Object.hasOwn(field.members, name) ? field.members[name] : undefined;
    return known === undefined ? [] : [[name, knownPart(value, known)] as const];
  });
  return Object.fromEntries(members);
}

/** Whether a mapping is a JSON Schema (2020-12) that can be used offline: its own grammar, its patterns, its references. */
export function checkJsonSchema(node: Source): PackProblem[] {
  if (node.kind !== "map") return [];
  const found: PackProblem[] = [];
  const isSchema = jsonSchema(toData(node));
  const seen = new Set<string>();
  for (const error of isSchema ? [] : (jsonSchema.errors ?? [])) {
    // `type` is a name or a list of names: a wrong name is told as such, not as "no list".
    if (SUMMARIES.has(error.keyword) || seen.has(error.instancePath)) continue;
    seen.add(error.instancePath);
    const fault = faultOf(error, nodeAt(node, error.instancePath), undefined);
    found.push(
      problem("error", placeOf(node, error.instancePath), { ...fault, message: `${fault.message}: not JSON Schema` }),
    );
  }
  return [...found, ...checkSchemaTexts(node)];
}

function checkSchemaTexts(node: Source): PackProblem[] {
  if (node.kind === "list") return node.items.flatMap(checkSchemaTexts);
  if (node.kind !== "map") return [];
  return [...node.entries].flatMap(([name, { value }]) => {
    const text = value.kind === "scalar" && typeof value.value === "string" ? value.value : undefined;
    if (text !== undefined && name === "pattern" && !isPattern(text)) {
      const fault = { message: "pattern is malformed", found: describe(value), expected: "a regular expression" };
      return [problem("error", value.at, fault)];
    }
    if (text !== undefined && (name === "$ref" || name === "$dynamicRef") && !text.startsWith("#")) {
      const fault = {
        message: `${name} leaves the schema`,
        found: describe(value),
        expected: "a reference such as #/$defs/x",
      };
      return [problem("error", value.at, fault)];
    }
    // What stands below these is data that the schema speaks about, not schema.
    return name === "enum" || name === "const" || name === "default" || name === "examples"
      ? []
      : checkSchemaTexts(value);
  });
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    // Only a SyntaxError can come from here, and it is the answer.
    return false;
  }
}
