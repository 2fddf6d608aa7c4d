/**
 * From a reference in the manifest to one merged layer: `file`, `extends` with `override`, or the layer in place.
 * A file may itself extend another. Knows paths and chains; what a layer has to hold is checked afterwards.
 */
import { err, ok, type Result } from "../platform/index.ts";
import { CHAIN_MAX, FILES_READ_MAX, MERGED_MAX } from "./limits.ts";
import { type ReadFile, readSkill, readYaml } from "./read.ts";
import {
  describe,
  type Fault,
  type Mapping,
  merge,
  type Place,
  problem,
  type Source,
  startOf,
  textOf,
} from "./source.ts";
import { didYouMean } from "./suggest.ts";
import type { PackFiles, PackProblem } from "./types.ts";

export type LayerFormat = "yaml" | "skill";

/**
 * The path a reference means, inside the folder that holds the packs.
 * @param from the file that holds the reference.
 */
export function resolvePath(from: string, reference: string): Result<string, Fault> {
  const refuse = (message: string, expected: string) => err({ message, found: JSON.stringify(reference), expected });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (reference === "" || /[\\\u0000-\u001f\u007f]/.test(reference)) {
    return refuse("The path is malformed", "a path with / between its parts, such as ./SOUL.yaml");
  }
  if (reference.startsWith("/") || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference)) {
    return refuse("The path is absolute", "a path relative to this file, such as ./SOUL.yaml");
  }
  const parts = from.split("/").slice(0, -1);
  for (const part of reference.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) {
        return refuse(
          "The path leaves the folder that holds the packs",
          "a file of this pack, or of a folder beside it",
        );
      }
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return ok(parts.join("/"));
}

/** Reads and merges the layers of one pack. Each file is read once, however many layers name it. */
export class LayerLoader {
  /** Faults of single files, told before anything is known about what they mean. */
  readonly readProblems: PackProblem[] = [];
  /** Faults of references between files. */
  readonly problems: PackProblem[] = [];
  readonly #files: PackFiles;
  readonly #read = new Map<string, ReadFile>();
  #merged = 0;

  constructor(files: PackFiles) {
    this.#files = files;
  }

  /** The tree of a file; null, with the problem noted, when there is none. */
  open(path: string, format: LayerFormat): Source | null {
    const known = this.#read.get(`${format}:${path}`);
    if (known !== undefined) return known.root;
    const text = this.#files.get(path) ?? "";
    const file = format === "skill" ? readSkill(path, text) : readYaml(path, text);
    this.#read.set(`${format}:${path}`, file);
    this.readProblems.push(...file.problems);
    return file.root;
  }

  /**
   * The merged layer behind a reference of the manifest; null when a problem that was noted keeps it from being known.
   * @param inherited the manifest's `schema_version`, which a layer in place need not repeat.
   */
  layer(reference: Source, manifest: string, format: LayerFormat, inherited: Source | undefined): Source | null {
    if (reference.kind !== "map") {
      const expected = "a mapping: file, extends with override, or the layer itself";
      this.#note(reference.at, { message: "The layer is no mapping", found: describe(reference), expected });
      return null;
    }
    const kind = this.#kindOf(reference);
    if (kind === null) return null;
    if (kind !== "inline") return this.#follow(reference, kind, { from: manifest, format, trail: [] });
    if (format === "skill" || inherited === undefined || reference.entries.has("schema_version")) return reference;
    const entries = new Map(reference.entries);
    entries.set("schema_version", { key: inherited.at, value: inherited });
    return { ...reference, entries };
  }

  #note(at: Place, fault: Fault): void {
    this.problems.push(problem("error", at, fault));
  }

  #kindOf(reference: Mapping): "file" | "extends" | "inline" | null {
    const has = (name: string) => reference.entries.has(name);
    const wrong = (name: string, message: string, expected: string): null => {
      const entry = reference.entries.get(name);
      this.#note(entry?.key ?? reference.at, { message, found: [...reference.entries.keys()].join(", "), expected });
      return null;
    };
    if (has("file") && has("extends")) {
      return wrong("extends", "A layer has file or extends, not both", "one of the two");
    }
    if (has("override") && !has("extends")) {
      return wrong("override", "override stands only beside extends", "extends and override, or neither");
    }
    const kind = has("file") ? "file" : has("extends") ? "extends" : "inline";
    if (kind === "inline") return kind;
    const override = reference.entries.get("override")?.value;
    if (override !== undefined && override.kind !== "map") {
      this.#note(override.at, { message: "override is no mapping", found: describe(override), expected: "a mapping" });
      return null;
    }
    const path = reference.entries.get(kind)?.value;
    if (textOf(path) !== undefined && textOf(path) !== "") return kind;
    this.#note(path?.at ?? reference.at, { message: `${kind} is no path`, found: describe(path), expected: "a path" });
    return null;
  }

  #follow(
    reference: Mapping,
    kind: "file" | "extends",
    step: { readonly from: string; readonly format: LayerFormat; readonly trail: readonly string[] },
  ): Source | null {
    const node = reference.entries.get(kind)?.value;
    const at = node?.at ?? reference.at;
    this.#warnIgnored(reference, kind, step.trail.length > 0);
    const path = resolvePath(step.from, textOf(node) ?? "");
    if (!path.ok) {
      this.#note(at, path.error);
      return null;
    }
    const base = this.#load(path.value, at, step);
    const override = reference.entries.get("override")?.value;
    return base === null || override === undefined ? base : this.#merge(base, override, at);
  }

  #load(
    path: string,
    at: Place,
    step: { readonly format: LayerFormat; readonly trail: readonly string[] },
  ): Source | null {
    const trail = [...step.trail, path];
    if (step.trail.includes(path)) {
      const found = trail.slice(trail.indexOf(path)).join(" -> ");
      this.#note(at, { message: "The layers extend each other in a circle", found, expected: "a chain that ends" });
      return null;
    }
    if (trail.length > CHAIN_MAX) {
      const found = `${trail.length} files`;
      this.#note(at, { message: "The chain of layers is too long", found, expected: `at most ${CHAIN_MAX} files` });
      return null;
    }
    if (!this.#files.has(path)) {
      const beside = [...this.#files.keys()];
      const message = `There is no file ${path}.${didYouMean(path, beside)}`;
      this.#note(at, {
        message,
        found: JSON.stringify(path),
        expected: "a file of the pack, or of a folder beside it",
      });
      return null;
    }
    if (!this.#read.has(`${step.format}:${path}`) && this.#read.size >= FILES_READ_MAX) {
      this.#note(at, { message: "The pack reads too many files", found: path, expected: `at most ${FILES_READ_MAX}` });
      return null;
    }
    const root = this.open(path, step.format);
    return root?.kind === "map" ? this.#unfold(root, path, step.format, trail) : root;
  }

  /** A layer file that itself names `file` or `extends`; what it says besides lies over what it names. */
  #unfold(root: Mapping, path: string, format: LayerFormat, trail: readonly string[]): Source | null {
    const kind = this.#kindOf(root);
    if (kind === null || kind === "inline") return kind === null ? null : root;
    const base = this.#follow(root, kind, { from: path, format, trail });
    const kept = new Map([...root.entries].filter(([name]) => name === "schema_version" || name === "body"));
    return base === null ? null : this.#merge(base, { kind: "map", entries: kept, at: base.at }, base.at);
  }

  #merge(base: Source, override: Source, at: Place): Source | null {
    this.#merged += base.kind === "map" ? base.entries.size : 0;
    if (this.#merged <= MERGED_MAX) return merge(base, override);
    const found = `more than ${MERGED_MAX} members`;
    this.#note(at, {
      message: "The layers that extend others are too large together",
      found,
      expected: "fewer or smaller",
    });
    return null;
  }

  #warnIgnored(reference: Mapping, kind: "file" | "extends", isFile: boolean): void {
    const read = new Set(kind === "file" ? ["file"] : ["extends", "override"]);
    if (isFile) for (const name of ["schema_version", "body"]) read.add(name);
    for (const [name, { key }] of reference.entries) {
      if (read.has(name)) continue;
      const message = `"${name}" beside ${kind} is not read.${didYouMean(name, [...read])}`;
      const expected = kind === "file" ? "file alone" : "the name below override";
      this.problems.push(problem("warning", key, { message, found: JSON.stringify(name), expected }));
    }
  }
}

/** The problem of a pack that has no manifest at all. */
export const missingManifest = (path: string): PackProblem =>
  problem("error", startOf(path), {
    message: "profession-pack.yaml not found",
    found: "nothing",
    expected: `the manifest at ${path}`,
  });
