/** The files of a new pack: the least that is complete, ready to be edited. Composes without an error or a warning. */
import type { PackFiles } from "./types.ts";

const MANIFEST = (
  packId: string,
  title: string,
) => `# One agent, described by files. Every layer but the role may be left out.
schema_version: "1.0"
pack_id: "${packId}"
version: "0.1.0"
risk_level: "low"
author:
  name: "Your name"

soul:
  file: "./SOUL.yaml"
role:
  file: "./ROLE.yaml"
tools:
  file: "./TOOLS.yaml"
skills:
  - file: "./SKILLS/first-steps.md"
guardrails:
  file: "./GUARDRAILS.yaml"
workflow:
  # A layer may also stand in place, like this one for ${title}.
  reporting:
    progress_updates: false
    completion_report: true
    format: "structured"
`;

const SOUL = (title: string) => `# Who it is, and how it talks.
schema_version: "1.0"
identity:
  name: "${title}"
  language: "en"
personality:
  communication_style: "professional"
  verbosity: "concise"
  proactivity: "balanced"
  confidence_expression: "balanced"
tone:
  default: "Clear and friendly"
principles:
  - "Show the result before the reasons"
  - "Say what you do not know"
  - "Prefer the simple way"
`;

const ROLE = (title: string) => `# What it does.
schema_version: "1.0"
title: "${title}"
domain: "General"
seniority: "middle"
goal:
  primary: "Help with one kind of work, and do it well"
limitations:
  - "Has no access to the network"
`;

const TOOLS = `# What it may use.
schema_version: "1.0"
available:
  - id: "code_executor"
    name: "Code Executor"
    description: "Run JavaScript or TypeScript in a sandbox"
    sandbox:
      timeout: "30s"
      filesystem: "scoped"
      scoped_paths: ["/workspace"]
  - id: "file_manager"
    name: "File Manager"
    description: "Read, write and search files of the task"
    sandbox:
      timeout: "10s"
      filesystem: "scoped"
      scoped_paths: ["/workspace"]
tool_policies:
  max_concurrent: 2
  max_calls_per_task: 20
`;

const GUARDRAILS = `# What it must not do, and where it stops.
schema_version: "1.0"
input:
  max_length: 20000
output:
  max_length: 20000
behavioral:
  prohibited_actions:
    - "Invent results that no tool returned"
  escalation_triggers:
    - "The task would delete data"
  max_autonomous_steps: 10
`;

const SKILL = `---
id: first-steps
name: First Steps
description: How to begin a task that is not clear yet
trigger: "When the task leaves open what a good result is"
required_tools: ["file_manager"]
risk_level: low
estimated_duration: "1min"
---

# First Steps

1. Read what is in the workspace.
2. Say in one sentence what a good result would be.
3. Ask for the one fact that would change the plan, if there is one.
`;

/** `support-agent` -> `Support Agent`. */
const titleOf = (packId: string): string =>
  packId
    .split("-")
    .filter((word) => word !== "")
    .map((word) => (word[0] ?? "").toUpperCase() + word.slice(1))
    .join(" ");

/** @param packId a valid pack id; it becomes the folder, too. */
export function scaffoldPack(packId: string): PackFiles {
  const title = titleOf(packId);
  return new Map([
    [`${packId}/profession-pack.yaml`, MANIFEST(packId, title)],
    [`${packId}/SOUL.yaml`, SOUL(title)],
    [`${packId}/ROLE.yaml`, ROLE(title)],
    [`${packId}/TOOLS.yaml`, TOOLS],
    [`${packId}/SKILLS/first-steps.md`, SKILL],
    [`${packId}/GUARDRAILS.yaml`, GUARDRAILS],
  ]);
}
