/** docs/pack-fields.md against the schemas and the composer: every field has its row, and the row is true. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { NOT_YET } from "../../src/pack/index.ts";
import { manifest, packOf, problemsOf } from "./samples.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const STATUSES = ["enforced", "prompt only", "not yet"];

type Row = { readonly field: string; readonly status: string; readonly heldBy: string };
const page = readFileSync(join(ROOT, "docs", "pack-fields.md"), "utf8");
const rows: readonly Row[] = [...page.matchAll(/^\| `([^`]+)` \| ([^|]+) \| [^|]* \| ([^|]*) \|$/gm)].map(
  ([, field = "", status = "", heldBy = ""]) => ({ field, status, heldBy }),
);

type Schema = {
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
};

/** Names as an author would say them: the layer, then the path. */
const LAYER_OF: Readonly<Record<string, string>> = { "profession-pack": "manifest", "skill-frontmatter": "skill" };

function* fieldsOf(schema: Schema, path: string): Generator<string> {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (typeof member === "boolean") continue;
    yield `${path}.${name}`;
    yield* fieldsOf(member, `${path}.${name}`);
    if (member.items !== undefined) yield* fieldsOf(member.items, `${path}.${name}[]`);
  }
  for (const branch of schema.oneOf ?? []) yield* fieldsOf(branch, path);
  for (const [name, definition] of Object.entries(schema.$defs ?? {})) {
    yield* fieldsOf(definition, name.replace("_ref", ""));
  }
}

const fields = readdirSync(join(ROOT, "schemas")).flatMap((file) => {
  const name = file.replace(".schema.json", "");
  const schema: Schema = JSON.parse(readFileSync(join(ROOT, "schemas", file), "utf8"));
  return [...fieldsOf(schema, LAYER_OF[name] ?? name)];
});

describe("docs/pack-fields.md", () => {
  it("has exactly one row for each field of the eight schemas", () => {
    expect(rows.map(({ field }) => field).sort()).toEqual([...new Set(fields)].sort());
  });

  it("gives each field one of three statuses", () => {
    expect(rows.filter(({ status }) => !STATUSES.includes(status))).toEqual([]);
  });

  it("names a test that exists for each field that is enforced, and for no other", () => {
    const wrong = rows.filter(({ status, heldBy }) => {
      const files = [...heldBy.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path = ""]) => path);
      const exist = files.length > 0 && files.every((path) => existsSync(join(ROOT, path)));
      return status === "enforced" ? !exist : files.length > 0;
    });
    expect(wrong).toEqual([]);
  });

  it("says not yet of exactly what the release does not enforce", () => {
    const listed = NOT_YET.map(({ field }) => field);
    const isBelow = (field: string) =>
      listed.some((top) => field === top || field.startsWith(`${top}.`) || field.startsWith(`${top}[`));
    expect(rows.filter(({ status }) => status === "not yet").map(({ field }) => field)).toEqual(
      rows.filter(({ field }) => isBelow(field)).map(({ field }) => field),
    );
    expect(listed.filter((field) => !rows.some((row) => row.field === field))).toEqual([]);
  });
});

/** The least valid text of each layer, to set one field in. */
const LEAST = {
  manifest: {},
  soul: { identity: { name: "A", language: "en" }, personality: {} },
  role: { title: "T", domain: "D", seniority: "lead", goal: { primary: "P" } },
  tools: { available: [] },
  guardrails: {},
  memory: {},
  workflow: {},
} as const;

/** What an item of a list needs beside the field under test. */
const ITEM: Readonly<Record<string, object>> = {
  "tools.available[]": { id: "code_executor", name: "Code" },
  "workflow.sop[]": { id: "a", name: "A", trigger: "t", steps: [{ id: "x", action: "X" }] },
  "workflow.sop[].steps[]": { id: "x", action: "X" },
};

/** A value that asks for something, where `true` is not one. */
const VALUE: Readonly<Record<string, unknown>> = {
  "manifest.author.signature": "s",
  "manifest.author.provenance": "p",
  "manifest.tested_with": [{ framework: "0.1.0" }],
  "manifest.tested_with[].framework": "0.1.0",
  "manifest.tested_with[].eval_version": "1",
  "manifest.tested_with[].eval_score": 0.5,
  "manifest.tested_with[].date": "2026-01-31",
  "tools.available[].engine": "micropython",
  "memory.episodic": { enabled: true },
  "memory.episodic.confidence_threshold": 0.5,
  "memory.episodic.retrieval_top_k": 1,
  "memory.episodic.similarity_threshold": 0.5,
  "memory.factual": { enabled: true },
  "memory.factual.confidence_threshold": 0.5,
  "memory.cross_session": { enabled: true },
  "memory.cross_session.merge_strategy": "manual",
};

/** `data` with `value` at the path, whose lists get one item. */
function withField(data: object, path: string, rest: readonly string[], value: unknown): object {
  const [first = "", ...more] = rest;
  const name = first.replace("[]", "");
  const here = `${path}.${first}`;
  const before: unknown = Object.entries(data).find(([key]) => key === name)?.[1];
  const below = typeof before === "object" && before !== null && !Array.isArray(before) ? before : {};
  if (more.length === 0) return { ...data, [name]: value };
  const inner = withField(first.endsWith("[]") ? (ITEM[here] ?? {}) : below, here, more, value);
  return { ...data, [name]: first.endsWith("[]") ? [inner] : inner };
}

function packWith(field: string, value: unknown): ReadonlyMap<string, string> {
  const [layer = "", ...path] = field.split(".");
  const role = LEAST.role;
  if (layer === "manifest") {
    const data = withField({ author: { name: "T" }, role }, layer, path, value);
    const header = manifest("").replace(/^author.*\n/m, "");
    return packOf(header + stringify(data));
  }
  const least = Object.entries(LEAST).find(([name]) => name === layer)?.[1] ?? {};
  const data = withField(least, layer, path, value);
  return packOf(manifest(stringify({ role, [layer]: data })));
}

const warningsFor = async (field: string, value: unknown): Promise<string[]> => {
  const problems = await problemsOf(packWith(field, value), "test", true);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return problems.map(({ message }) => message).filter((message) => message.includes("is not enforced yet"));
};

describe("setting a field that is not enforced yet", () => {
  for (const { field } of rows.filter(({ status }) => status === "not yet")) {
    it(`warns: ${field}`, async () => {
      const [warning, ...more] = await warningsFor(field, VALUE[field] ?? true);
      expect(more).toEqual([]);
      expect(field.startsWith(warning?.split(" ")[0] ?? "nothing")).toBe(true);
    });
  }

  const INERT: readonly (readonly [field: string, value: unknown])[] = [
    ["tools.available[].sandbox.network", "none"],
    ["tools.available[].sandbox.egress_allowlist", []],
    ["memory.factual", { enabled: false, confidence_threshold: 0.9 }],
    ["memory.short_term", { enabled: true, ttl: "1h", max_entries: 5 }],
  ];
  for (const [field, value] of INERT) {
    it(`says nothing when the value asks for nothing: ${field} ${JSON.stringify(value)}`, async () => {
      expect(await warningsFor(field, value)).toEqual([]);
    });
  }
});
