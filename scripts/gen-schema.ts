/**
 * `schemas/*.schema.json` -> `src/gen/schema/validators.js` and `.d.ts`: one validator per schema, one for JSON Schema
 * itself, and the tree of known fields. Workers forbid `new Function`, so the compiler runs here and never there.
 * The output depends on the schemas and the pinned packages alone: two runs give the same bytes.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import addFormats from "ajv-formats";
import { build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");
const METASCHEMA = "https://json-schema.org/draft/2020-12/schema";

type Schema = {
  readonly $id?: string;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
};

/** What code may ask of a field without knowing JSON Schema. Mirrored in the declarations below. */
type Field =
  | { readonly kind: "value" | "open" | "layer"; readonly expected: string }
  | { readonly kind: "map"; readonly expected: string; readonly members: Readonly<Record<string, Field>> }
  | { readonly kind: "list"; readonly expected: string; readonly item: Field };

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  null: "null",
};

function expectedOf(schema: Schema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.map((type) => TYPE_WORDS[type] ?? type).join(" or ");
}

function fieldOf(schema: Schema): Field {
  if (schema.$ref !== undefined) return { kind: "layer", expected: "a layer: file, extends with override, or inline" };
  const expected = expectedOf(schema);
  if (schema.items !== undefined) return { kind: "list", expected, item: fieldOf(schema.items) };
  if (schema.type !== "object") return { kind: "value", expected };
  if (schema.properties === undefined) return { kind: "open", expected };
  const members = Object.entries(schema.properties).map(([name, member]) => [name, fieldOf(member)] as const);
  return { kind: "map", expected, members: Object.fromEntries(members) };
}

/** `skill-frontmatter.schema.json` -> `skillFrontmatter`. */
const exportName = (file: string): string =>
  file.replace(/\.schema\.json$/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const DECLARATIONS = `/** Compiled from schemas/ by scripts/gen-schema.ts; never edited by hand. */

export type SchemaError = {
  /** JSON pointer into the data. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
};

export type Validator = {
  (data: unknown): boolean;
  /** Faults of the last call; null when there were none. */
  errors?: readonly SchemaError[] | null;
};

/** A known field of a pack file. \`open\`: any members. \`layer\`: a reference to a layer, or the layer itself. */
export type Field =
  | { readonly kind: "value" | "open" | "layer"; readonly expected: string }
  | { readonly kind: "map"; readonly expected: string; readonly members: Readonly<Record<string, Field>> }
  | { readonly kind: "list"; readonly expected: string; readonly item: Field };

`;

async function bundle(entry: string): Promise<string> {
  const built = await build({
    stdin: { contents: entry, resolveDir: ROOT, loader: "js" },
    absWorkingDir: ROOT,
    bundle: true,
    // Keeps the output free of where the tree stands, also when node_modules is a link.
    preserveSymlinks: true,
    format: "esm",
    target: "es2022",
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    legalComments: "none",
    write: false,
  });
  const text = built.outputFiles[0]?.text ?? "";
  // ajv leaves the text of a require call in a property named `code`; only calls themselves are refused.
  if (/(?<!["'`])\b(?:__)?require\(|\bnew Function\b|\beval\(/.test(text))
    throw new Error("the bundle holds what a Worker refuses");
  return text;
}

async function generate(): Promise<{ readonly code: string; readonly declarations: string }> {
  const folder = join(ROOT, "schemas");
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".schema.json"))
    .sort();
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true },
  });
  addFormats.default(ajv);
  const names: Record<string, string> = { jsonSchema: METASCHEMA };
  const fields: Record<string, Field> = {};
  for (const file of files) {
    // Our own files: the shape is checked by ajv's strict mode when they are added.
    const schema: Schema = JSON.parse(readFileSync(join(folder, file), "utf8"));
    ajv.addSchema(schema);
    names[exportName(file)] = schema.$id ?? "";
    fields[exportName(file)] = fieldOf(schema);
  }
  const validators = standaloneCode(ajv, names);
  const entry = `${validators}\nexport const fields = ${JSON.stringify(fields)};\n`;
  const declared = Object.keys(names).map((name) => `export declare const ${name}: Validator;\n`);
  const table = `export declare const fields: {\n${files.map((file) => `  readonly ${exportName(file)}: Field;\n`).join("")}};\n`;
  return { code: await bundle(entry), declarations: DECLARATIONS + declared.join("") + table };
}

const { code, declarations } = await generate();
const output = join(ROOT, "src", "gen", "schema");
mkdirSync(output, { recursive: true });
writeFileSync(
  join(output, "validators.js"),
  `/* Compiled from schemas/ by scripts/gen-schema.ts; never edited by hand. */\n${code}`,
);
writeFileSync(join(output, "validators.d.ts"), declarations);
