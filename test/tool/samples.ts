/** Packs for the tool suites, composed by the real composer, so that a test's pack is one an author could write. */
import { type AgentConfig, composePack } from "../../src/pack/index.ts";
import { assert } from "../../src/platform/index.ts";

/** Path and content. */
export type PackFile = readonly [path: string, content: string];

/** Each argument is a top-level block of the manifest, in YAML. */
export const composeConfig = (...blocks: readonly string[]): Promise<AgentConfig> => composeWith([], ...blocks);

/** The same for a pack `tester` of more files. */
export async function composeWith(files: readonly PackFile[], ...blocks: readonly string[]): Promise<AgentConfig> {
  const manifest = `
schema_version: "1.0"
pack_id: "tester"
version: "1.0.0"
risk_level: "low"
author: { name: "Tests" }
role:
  title: "Tester"
  domain: "Testing"
  seniority: "senior"
  goal: { primary: "Try things" }
${blocks.join("\n")}
`;
  const composed = await composePack(
    new Map([["tester/profession-pack.yaml", manifest], SKILL_FILE, ...files]),
    "tester",
  );
  assert(composed.ok, composed.ok ? "" : JSON.stringify(composed.error));
  return composed.value.config;
}

const SKILL_FILE: PackFile = [
  "tester/SKILLS/review.md",
  `---
id: "review"
name: "Review"
description: "How to review"
trigger: "review"
---
# Review

Read everything twice.
`,
];

export const WITH_SKILL = 'skills: [{ file: "SKILLS/review.md" }]';

/** A tool of the pack with a sandbox of these lines. */
export const tool = (id: string, sandbox = "", more = ""): string =>
  `{ id: "${id}", name: "Name of ${id}", sandbox: { ${sandbox} }${more === "" ? "" : `, ${more}`} }`;

export const tools = (available: readonly string[], more = ""): string =>
  `tools: { available: [${available.join(", ")}]${more === "" ? "" : `, ${more}`} }`;

export const SCOPED = 'filesystem: "scoped", scoped_paths: ["/workspace"]';
