/**
 * One file's text -> a tree with positions. YAML is read as its harmless part: version 1.2, core types, one document,
 * no anchors, no aliases, no tags of its own, no key twice. A Markdown skill is its front matter plus a `body`.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { utf8Length } from "../platform/index.ts";
import { DEPTH_MAX, FILE_BYTES_MAX, PROBLEMS_PER_FILE_MAX, VALUES_MAX } from "./limits.ts";
import { describe, type Fault, type Place, pointerTo, problem, type Source, startOf } from "./source.ts";
import type { PackProblem } from "./types.ts";

export type ReadFile = {
  /** Null: nothing usable; `problems` says why. */
  readonly root: Source | null;
  readonly problems: readonly PackProblem[];
};

/** Names that reach into JavaScript's own objects wherever data is copied key by key. */
const FORBIDDEN_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/** Tags that only say what a plain value is anyway. */
const CORE_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

const tagFault = (tag: string): Fault => ({ message: "Tags are not read", found: tag, expected: "a plain value" });

/** @param linesBefore lines of the file above `text`, such as the opening line of front matter. */
export function readYaml(file: string, text: string, linesBefore = 0): ReadFile {
  if (utf8Length(text) > FILE_BYTES_MAX) return { root: null, problems: [tooLarge(file, text)] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    strict: true,
    stringKeys: true,
    merge: false,
    prettyErrors: false,
    // The library compares each key with all before it, 6 s for 20,000 keys; the walk below uses a set instead.
    uniqueKeys: false,
    lineCounter: lines,
  });
  const walk = new Walk(file, (offset) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: line + linesBefore, column: col, pointer: "" };
  });
  const { explicit, version } = document.directives.yaml;
  if (explicit === true || Object.keys(document.directives.tags).length > 1) {
    walk.fault(0, {
      message: "Directives are not read",
      found: `%YAML ${version} or %TAG`,
      expected: "YAML 1.2 as it is",
    });
  }
  for (const issue of [...document.errors, ...document.warnings]) {
    // The walk names unknown tags where they stand, and those that the library happens to know.
    if (issue.code !== "TAG_RESOLVE_FAILED") walk.fault(issue.pos[0], describeIssue(issue));
  }
  if (document.errors.length > 0) return { root: null, problems: walk.finish() };
  const root = walk.node(document.contents, "", startAt(file, linesBefore), 0);
  if (walk.clean && root.kind !== "map") {
    walk.fault(0, {
      message: "The file holds no mapping",
      found: describe(root),
      expected: "a mapping of names to values",
    });
  }
  return { root: root.kind === "map" ? root : null, problems: walk.finish() };
}

const startAt = (file: string, linesBefore: number): Place => ({ ...startOf(file), line: 1 + linesBefore });

const tooLarge = (file: string, text: string): PackProblem =>
  problem("error", startOf(file), {
    message: "The file is too large",
    found: `${utf8Length(text)} bytes`,
    expected: `at most ${FILE_BYTES_MAX} bytes`,
  });

function describeIssue(issue: { readonly code: string; readonly message: string }): Fault {
  if (issue.code === "RESOURCE_EXHAUSTION") return tooDeep;
  if (issue.code === "MULTIPLE_DOCS") {
    return { message: "The file holds several documents", found: "---", expected: "one document" };
  }
  return { message: "The YAML is malformed", found: issue.message.split("\n")[0] ?? "", expected: "valid YAML 1.2" };
}

const tooDeep: Fault = {
  message: "The file is nested too deeply",
  found: `more than ${DEPTH_MAX} levels`,
  expected: `at most ${DEPTH_MAX} levels`,
};

/** From the parser's tree to ours, collecting every fault on the way. */
class Walk {
  readonly #file: string;
  readonly #placeAt: (offset: number) => Place;
  readonly #problems: PackProblem[] = [];
  #seen = new Set<string>();
  #dropped = 0;
  #values = 0;

  constructor(file: string, placeAt: (offset: number) => Place) {
    this.#file = file;
    this.#placeAt = placeAt;
  }

  get clean(): boolean {
    return this.#problems.length === 0;
  }

  fault(offset: number, fault: Fault, pointer = ""): void {
    const at = { ...this.#placeAt(offset), pointer };
    // A parser that has lost its way repeats itself: one line and message is enough.
    const key = `${at.line}:${fault.message}:${fault.found}`;
    if (this.#seen.has(key)) return;
    if (this.#problems.length >= PROBLEMS_PER_FILE_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#seen.add(key);
    this.#problems.push(problem("error", at, fault));
  }

  finish(): readonly PackProblem[] {
    if (this.#dropped === 0) return this.#problems;
    const more = { message: `${this.#dropped} more problems in this file`, found: "", expected: "" };
    return [...this.#problems, problem("error", startOf(this.#file), more)];
  }

  /** @param above where a mapping or list is said to be: at its name, which is where an author looks. */
  node(node: Node | null, pointer: string, above: Place, depth: number): Source {
    const at = { ...above, pointer };
    const nothing: Source = { kind: "scalar", value: null, text: "", at };
    if (node === null) return nothing;
    const offset = node.range?.[0] ?? 0;
    this.#values += 1;
    if (this.#values === VALUES_MAX) {
      this.fault(offset, { message: "The file holds too many values", found: `more than ${VALUES_MAX}`, expected: "" });
    }
    if (this.#values >= VALUES_MAX) return nothing;
    if (isAlias(node)) {
      this.fault(
        offset,
        { message: "Aliases are not read", found: `*${node.source}`, expected: "the value itself" },
        pointer,
      );
      return nothing;
    }
    const tag = "tag" in node ? node.tag : undefined;
    if (typeof tag === "string" && !CORE_TAGS.has(tag)) this.fault(offset, tagFault(tag), pointer);
    if (node.anchor !== undefined) {
      this.fault(
        offset,
        { message: "Anchors are not read", found: `&${node.anchor}`, expected: "the value itself" },
        pointer,
      );
    }
    if (depth >= DEPTH_MAX) {
      this.fault(offset, tooDeep, pointer);
      return nothing;
    }
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#item(item, pointerTo(pointer, index), at, depth + 1));
      return { kind: "list", items, at };
    }
    if (isMap(node)) return this.#map(node.items, pointer, at, depth);
    const place = { ...this.#placeAt(offset), pointer };
    return isScalar(node) ? this.#scalar(node.value, node.source ?? "", place, offset) : nothing;
  }

  #item(item: unknown, pointer: string, list: Place, depth: number): Source {
    const node = toNode(item);
    const at = node?.range ? this.#placeAt(node.range[0]) : list;
    return this.node(node, pointer, at, depth);
  }

  #map(pairs: readonly unknown[], pointer: string, at: Place, depth: number): Source {
    const entries = new Map<string, { key: Place; value: Source }>();
    for (const pair of pairs) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const name = String(pair.key.value);
      const offset = pair.key.range?.[0] ?? 0;
      const below = pointerTo(pointer, name);
      const key = { ...this.#placeAt(offset), pointer: below };
      const first = entries.get(name)?.key;
      if (first !== undefined) {
        const found = `${JSON.stringify(name)} again; first on line ${first.line}`;
        this.fault(offset, { message: "The key stands twice", found, expected: "each key once" }, below);
      } else if (FORBIDDEN_KEYS.has(name)) {
        this.fault(
          offset,
          { message: "The key is not allowed", found: JSON.stringify(name), expected: "another name" },
          below,
        );
      } else {
        this.#checkText(name, offset, below);
        entries.set(name, { key, value: this.node(toNode(pair.value), below, key, depth + 1) });
      }
    }
    return { kind: "map", entries, at };
  }

  #scalar(value: unknown, text: string, at: Place, offset: number): Source {
    if (typeof value === "string") this.#checkText(value, offset, at.pointer);
    if (typeof value === "number" && !Number.isFinite(value)) {
      this.fault(offset, { message: "The number is not finite", found: text, expected: "a finite number" }, at.pointer);
      return { kind: "scalar", value: null, text, at };
    }
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    return { kind: "scalar", value: isPlain ? value : null, text, at };
  }

  /** What no store and no model takes is refused where it is written. */
  #checkText(text: string, offset: number, pointer: string): void {
    if (!text.includes("\0") && text.isWellFormed()) return;
    const found = text.includes("\0") ? "NUL" : "a lone surrogate";
    this.fault(
      offset,
      { message: "The text holds a character that is not allowed", found, expected: "Unicode text" },
      pointer,
    );
  }
}

/** The library types the members of collections as unknown; its nodes are what its guards say they are. */
const toNode = (value: unknown): Node | null =>
  isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;

const FRONT_MATTER = /^---[ \t]*\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m;

/**
 * A skill: front matter between two lines of `---`, then Markdown. The Markdown, without white space at its ends,
 * becomes `body`.
 */
export function readSkill(file: string, given: string): ReadFile {
  const text = given.startsWith("\uFEFF") ? given.slice(1) : given;
  if (utf8Length(text) > FILE_BYTES_MAX) return { root: null, problems: [tooLarge(file, text)] };
  const match = text.startsWith("---") ? FRONT_MATTER.exec(text) : null;
  if (match?.[1] === undefined || match.index !== 0) {
    const fault = {
      message: "The skill has no front matter",
      found: JSON.stringify(text.slice(0, 20)),
      expected: "a line of ---, YAML with id, name and trigger, and another line of ---",
    };
    return { root: null, problems: [problem("error", startOf(file), fault)] };
  }
  const matter = readYaml(file, match[1], 1);
  if (matter.root?.kind !== "map") return matter;
  const body = text.slice(match[0].length).trim();
  const line = match[0].split("\n").length;
  const at = { file, line, column: 1, pointer: "/body" };
  const problems = [...matter.problems];
  const own = matter.root.entries.get("body");
  if (own !== undefined) {
    problems.push(
      problem("error", own.key, {
        message: "The body of a skill is the text below its front matter",
        found: "body in the front matter",
        expected: "Markdown below the second ---",
      }),
    );
  }
  if (body.includes("\0") || !body.isWellFormed()) {
    const found = body.includes("\0") ? "NUL" : "a lone surrogate";
    const fault = { message: "The text holds a character that is not allowed", found, expected: "Unicode text" };
    problems.push(problem("error", at, fault));
  }
  const entries = new Map(matter.root.entries);
  // A skill without text of its own leaves the body to what it extends.
  if (body !== "") entries.set("body", { key: at, value: { kind: "scalar", value: body, text: body, at } });
  return { root: { kind: "map", entries, at: startOf(file) }, problems };
}
