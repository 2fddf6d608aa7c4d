/**
 * What this release does with a pack, as data: the tools that run, and the fields that are read, checked and kept but
 * not enforced yet. `docs/pack-fields.md` says the same for authors and is held to this list by a test; a field that
 * becomes enforced leaves the list, and its row there names the test.
 */

/** Equal to the version in package.json, which a test holds. */
export const FRAMEWORK_VERSION = "0.1.0";

/** Ids of built-in tools. Any other listed tool that the pack does not bring is a warning, and answers TOOL_UNKNOWN. */
export const BUILTIN_TOOLS: readonly string[] = [
  "code_executor",
  "file_manager",
  "git",
  "http_request",
  "skill",
  "sop",
  "handoff",
];

/** The most a tool's sandbox gets, whatever its entry asks for: `pack validate` warns of more, the tool room lowers it. */
export const SANDBOX_CEILINGS = {
  /** A step must fit in the task's lease. */
  timeoutMs: 120_000,
  /** Heap of an engine: an isolate has 128 MB for everything. */
  memoryBytes: 32 * 1024 * 1024,
  /** An isolate runs on one. */
  cores: 1,
} as const;

/** Of these, the ones that reach hosts. What a sandbox says of a network is nothing to the others. */
export const NETWORK_TOOLS: readonly string[] = ["git", "http_request"];

/** Kinds of content that a filter can name. Any other is an error. */
export const CONTENT_CATEGORIES: readonly string[] = [
  "harassment",
  "hate",
  "illicit",
  "self_harm",
  "sexual",
  "sexual_minors",
  "violence",
];

export type NotYet = {
  /** Layer and path; `[]` is each item of a list. What lies below is not enforced either, without rows of its own. */
  readonly field: string;
  /** What the author gets instead. */
  readonly instead: string;
  /** Values that ask for nothing, so that writing them down is no reason to warn. */
  readonly inert: readonly (string | number | boolean)[];
};

const row = (field: string, instead: string, inert: NotYet["inert"] = [false]): NotYet => ({ field, instead, inert });

const MEMORY = "a task knows of others only what its session remembers for a while";

export const NOT_YET: readonly NotYet[] = [
  row("manifest.author.signature", "no signature is checked"),
  row("manifest.author.provenance", "no provenance is checked"),
  row("manifest.tested_with", "the results are not compared with anything"),
  row("tools.available[].engine", "Python always runs in CPython (pyodide)", ["pyodide"]),
  row("memory.episodic", MEMORY),
  row("memory.factual", MEMORY),
  row("memory.cross_session", MEMORY),
];
