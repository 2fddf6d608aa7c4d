/**
 * Data that knows where it was written. Layers are merged as these trees, so that a fault found after merging still
 * points at the file and line that supplied the value. Pure; knows no YAML and no schema.
 */
import { FOUND_LENGTH_MAX } from "./limits.ts";
import type { PackProblem } from "./types.ts";

export type Place = {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** JSON pointer into that file's data. */
  readonly pointer: string;
};

export type Scalar = {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As the author wrote it, for messages. */
  readonly text: string;
  readonly at: Place;
};
export type List = { readonly kind: "list"; readonly items: readonly Source[]; readonly at: Place };
export type Mapping = {
  readonly kind: "map";
  /** `key` is where the name stands; a mapping or list below it is said to be there too. */
  readonly entries: ReadonlyMap<string, { readonly key: Place; readonly value: Source }>;
  readonly at: Place;
};
export type Source = Scalar | List | Mapping;

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
export const pointerTo = (parent: string, name: string | number): string =>
  `${parent}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;

export const segmentsOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));

export function childOf(node: Source | undefined, name: string): Source | undefined {
  if (node?.kind === "map") return node.entries.get(name)?.value;
  return node?.kind === "list" && /^\d+$/.test(name) ? node.items[Number(name)] : undefined;
}

export const nodeAt = (root: Source, pointer: string): Source | undefined =>
  segmentsOf(pointer).reduce<Source | undefined>((node, segment) => childOf(node, segment), root);

/** Every node whose pointer fits the segments; `*` stands for each item of a list. */
export function select(root: Source, segments: readonly string[]): Source[] {
  const [first, ...rest] = segments;
  if (first === undefined) return [root];
  const next = first === "*" ? (root.kind === "list" ? root.items : []) : [childOf(root, first)];
  return next.flatMap((node) => (node === undefined ? [] : select(node, rest)));
}

/** The text of a string; undefined for anything else. */
export const textOf = (node: Source | undefined): string | undefined =>
  node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;

/** Plain JSON data. */
export function toData(node: Source): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toData);
  return Object.fromEntries([...node.entries].map(([name, { value }]) => [name, toData(value)]));
}

/** `override` laid over `base`: mappings merge member by member, anything else is replaced, lists too. */
export function merge(base: Source, override: Source): Source {
  if (base.kind !== "map" || override.kind !== "map") return override;
  const entries = new Map(base.entries);
  for (const [name, entry] of override.entries) {
    const below = entries.get(name);
    entries.set(name, below === undefined ? entry : { key: entry.key, value: merge(below.value, entry.value) });
  }
  return { kind: "map", entries, at: override.at };
}

/** What stands there, in a few words: `5 (a number)`, `"loud"`, `a list`. */
export function describe(node: Source | undefined): string {
  if (node === undefined) return "nothing";
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a mapping";
  if (typeof node.value === "string") return JSON.stringify(shorten(node.value));
  if (node.value === null) return "null";
  return typeof node.value === "number" ? `${shorten(node.text)} (a number)` : String(node.value);
}

const shorten = (text: string): string =>
  text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX)}…` : text;

export type Fault = { readonly message: string; readonly found: string; readonly expected: string };

export const problem = (severity: PackProblem["severity"], at: Place, fault: Fault): PackProblem => ({
  severity,
  file: at.file,
  line: at.line,
  column: at.column,
  pointer: at.pointer,
  ...fault,
});

/** The first line of a file as a whole. */
export const startOf = (file: string): Place => ({ file, line: 1, column: 1, pointer: "" });
