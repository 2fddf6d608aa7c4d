/**
 * Meaning: what a schema cannot say about a composed pack. Works on trees, not on finished data, so that every fault is
 * found at once even where the shape is wrong elsewhere.
 */
import { parseDuration, parseMemorySize, parseMoney, parsePackId } from "../platform/index.ts";
import { checkJsonSchema } from "./check.ts";
import { checkGuardrails } from "./guardrail-checks.ts";
import { checkMcpServers, mcpToolIds } from "./mcp.ts";
import { BUILTIN_TOOLS, FRAMEWORK_VERSION, NOT_YET } from "./release.ts";
import { warnSandboxes } from "./sandbox.ts";
import { childOf, describe, problem, type Source, segmentsOf, select, startOf, textOf } from "./source.ts";
import { didYouMean, nearest } from "./suggest.ts";
import type { PackFiles, PackProblem } from "./types.ts";
import { isAtLeast, isAtMost, isVersionRange } from "./version.ts";

/** The merged trees of one pack; a layer that was left out, or could not be read, is absent. */
export type Trees = {
  readonly manifest: Source;
  readonly soul?: Source;
  readonly role?: Source;
  readonly tools?: Source;
  readonly guardrails?: Source;
  readonly memory?: Source;
  readonly workflow?: Source;
  readonly skills: readonly Source[];
  /** Layers that were named but could not be read: nothing is said about what they might have held. */
  readonly unreadable: ReadonlySet<string>;
  /** Ids of the tools that the pack brings. */
  readonly ownTools?: readonly string[];
};

const pick = (root: Source | undefined, pattern: string): Source[] =>
  root === undefined ? [] : select(root, segmentsOf(pattern));

/** Cores: an isolate has none to give, but the field is read strictly all the same. */
function parseCores(text: string): { readonly ok: boolean; readonly expected: string } {
  const isCores = /^\d{1,3}(?:\.\d{1,3})?$/.test(text) && Number(text) > 0;
  return { ok: isCores, expected: "a number of cores above zero such as 1 or 0.5" };
}

type Verdict = { readonly ok: boolean; readonly expected: string };
type Parse = (text: string) => Verdict;
const strict =
  (parse: typeof parseDuration): Parse =>
  (text) => {
    const parsed = parse(text);
    return { ok: parsed.ok, expected: parsed.ok ? "" : parsed.error.expected };
  };

const QUANTITIES: readonly (readonly [layer: "tools" | "guardrails" | "memory" | "workflow", path: string, Parse])[] = [
  ["tools", "/available/*/sandbox/timeout", strict(parseDuration)],
  ["tools", "/available/*/sandbox/memory_limit", strict(parseMemorySize)],
  ["tools", "/available/*/sandbox/cpu_limit", parseCores],
  ["tools", "/mcp_servers/*/timeout", strict(parseDuration)],
  ["tools", "/tool_policies/cost_limit_per_task", strict(parseMoney)],
  ["guardrails", "/behavioral/approval_ttl", strict(parseDuration)],
  ["memory", "/short_term/ttl", strict(parseDuration)],
  ["workflow", "/sop/*/max_duration", strict(parseDuration)],
  ["workflow", "/sop/*/steps/*/timeout", strict(parseDuration)],
];

function checkQuantities(trees: Trees): PackProblem[] {
  return QUANTITIES.flatMap(([layer, path, parse]) =>
    pick(trees[layer], path).flatMap((node) => {
      const text = textOf(node);
      const verdict = text === undefined ? undefined : parse(text);
      if (verdict === undefined || verdict.ok) return [];
      const name = path.split("/").at(-1) ?? path;
      const fault = { message: `${name} is malformed`, found: describe(node), expected: verdict.expected };
      return [problem("error", node.at, fault)];
    }),
  );
}

/** A name with at least one dot whose last part is no number: addresses in all their spellings fail this. */
const HOST =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[a-z0-9-]*[a-z])(?!0x)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function checkEgress(tools: Source | undefined): PackProblem[] {
  const expected = "an exact host name in lower case, such as api.example.com";
  return pick(tools, "/available/*/sandbox/egress_allowlist/*").flatMap((node) => {
    const text = textOf(node);
    if (text === undefined || HOST.test(text)) return [];
    const message = text.includes("*") ? "A wildcard is no host name" : "The host name is malformed";
    return [problem("error", node.at, { message, found: describe(node), expected })];
  });
}

/** What the tool room takes for a path of the workspace. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const SCOPED_PATH = /^\/(?!(?:.*\/)?\.\.(?:\/|$))[^\\\u0000-\u001f\u007f]{0,200}$/;

function checkScopes(tools: Source | undefined): PackProblem[] {
  return pick(tools, "/available/*/sandbox/scoped_paths/*").flatMap((node) => {
    const text = textOf(node);
    if (text === undefined || SCOPED_PATH.test(text)) return [];
    const expected = 'an absolute path without "..", such as /workspace';
    return [problem("error", node.at, { message: "The path is malformed", found: describe(node), expected })];
  });
}

/** Lists whose items are told apart by `id`. */
function checkIds(trees: Trees): PackProblem[] {
  const lists = [
    pick(trees.tools, "/available/*"),
    pick(trees.tools, "/mcp_servers/*"),
    pick(trees.role, "/competency_graph/skills/*"),
    pick(trees.workflow, "/sop/*"),
    ...pick(trees.workflow, "/sop/*/steps").map((steps) => select(steps, ["*"])),
    [...trees.skills],
  ];
  return lists.flatMap((items) => {
    const first = new Map<string, Source>();
    return items.flatMap((item) => {
      const id = childOf(item, "id");
      const text = textOf(id);
      if (id === undefined || text === undefined) return [];
      const before = first.get(text);
      if (before === undefined) {
        first.set(text, id);
        return [];
      }
      const found = `${describe(id)}, as in ${before.at.file} line ${before.at.line}`;
      return [problem("error", id.at, { message: "The id stands twice", found, expected: "each id once" })];
    });
  });
}

const textsOf = (nodes: readonly Source[]): string[] => nodes.flatMap((node) => textOf(node) ?? []);

function checkReferences(trees: Trees, files: PackFiles, packId: string | undefined): PackProblem[] {
  const tools = [...textsOf(pick(trees.tools, "/available/*/id")), ...mcpToolIds(trees.tools)];
  const unknownTool = (severity: PackProblem["severity"], nodes: readonly Source[]): PackProblem[] =>
    nodes.flatMap((node) => {
      const id = textOf(node);
      if (id === undefined || tools.includes(id) || trees.unreadable.has("tools")) return [];
      const message = `There is no tool "${id}" in tools.available.${didYouMean(id, tools)}`;
      const expected = tools.length === 0 ? "a tool of the pack; it has none" : `one of ${tools.join(", ")}`;
      return [problem(severity, node.at, { message, found: describe(node), expected })];
    });
  return [
    ...unknownTool("error", pick(trees.manifest, "/compatibility/required_tools/*")),
    ...unknownTool("error", pick(trees.workflow, "/sop/*/steps/*/tool")),
    ...unknownTool(
      "warning",
      trees.skills.flatMap((skill) => pick(skill, "/required_tools/*")),
    ),
    ...checkSteps(trees.workflow),
    ...pick(trees.workflow, "/handoffs/*/target_agent").flatMap((node) => checkHandoff(node, files, packId)),
  ];
}

/** `on_success` and `on_failure` may be any words; only what is nearly the id of a step is taken for a slip. */
function checkSteps(workflow: Source | undefined): PackProblem[] {
  return pick(workflow, "/sop/*/steps").flatMap((steps) => {
    const ids = textsOf(select(steps, ["*", "id"]));
    return ["on_success", "on_failure"].flatMap((name) =>
      select(steps, ["*", name]).flatMap((node) => {
        const text = textOf(node) ?? "";
        const near = ids.includes(text) ? undefined : nearest(text, ids);
        if (near === undefined) return [];
        const message = `${name} names no step. Did you mean "${near}"?`;
        return [problem("warning", node.at, { message, found: describe(node), expected: `one of ${ids.join(", ")}` })];
      }),
    );
  });
}

function checkHandoff(node: Source, files: PackFiles, packId: string | undefined): PackProblem[] {
  const target = textOf(node);
  if (target === undefined) return [];
  const found = describe(node);
  if (parsePackId(target) === undefined) {
    const expected = 'a pack id: lower-case letters, digits and "-", starting with a letter';
    return [problem("error", node.at, { message: "target_agent is no pack id", found, expected })];
  }
  if (target === packId) {
    return [problem("error", node.at, { message: "The pack hands over to itself", found, expected: "another pack" })];
  }
  const packs = [...files.keys()].flatMap((path) => /^([^/]+)\/profession-pack\.yaml$/.exec(path)?.[1] ?? []);
  // A pack that came alone says nothing about which others are published.
  if (packs.length <= 1 || packs.includes(target)) return [];
  const message = `There is no pack "${target}" beside this one; it has to be published before it can take over.${didYouMean(target, packs)}`;
  return [problem("warning", node.at, { message, found, expected: "the id of a pack" })];
}

const MEMORY_LAYERS = ["short_term", "episodic", "factual", "cross_session"];

function checkCompatibility(trees: Trees, frameworkVersion: string): PackProblem[] {
  const found: PackProblem[] = [];
  const bounds = [
    { name: "framework_min", admits: isAtLeast, words: "or later" },
    { name: "framework_max", admits: isAtMost, words: "or earlier" },
  ];
  for (const { name, admits, words } of bounds) {
    const node = pick(trees.manifest, `/compatibility/${name}`)[0];
    const range = textOf(node);
    if (node === undefined || range === undefined) continue;
    if (!isVersionRange(range)) {
      const expected = "a version such as 0.1.0, 1.2 or 1.x";
      found.push(problem("error", node.at, { message: `${name} is malformed`, found: describe(node), expected }));
    } else if (!admits(frameworkVersion, range)) {
      const message = `The pack needs version ${range} ${words}, and this is ${frameworkVersion}`;
      found.push(
        problem("error", node.at, { message, found: describe(node), expected: `a range with ${frameworkVersion}` }),
      );
    }
  }
  for (const node of pick(trees.manifest, "/compatibility/required_memory/*")) {
    const name = textOf(node);
    if (name === undefined) continue;
    const enabled = pick(trees.memory, `/${name}/enabled`)[0];
    // Only the short-term layer is on when nothing is said about it.
    const isOn = enabled?.kind === "scalar" ? enabled.value === true : name === "short_term";
    if (MEMORY_LAYERS.includes(name) && (isOn || trees.unreadable.has("memory"))) continue;
    const message = MEMORY_LAYERS.includes(name)
      ? `The memory layer "${name}" is required but not enabled`
      : `There is no memory layer "${name}".${didYouMean(name, MEMORY_LAYERS)}`;
    const expected = MEMORY_LAYERS.includes(name)
      ? `memory.${name}.enabled: true`
      : `one of ${MEMORY_LAYERS.join(", ")}`;
    found.push(problem("error", node.at, { message, found: describe(node), expected }));
  }
  return found;
}

function checkSchemas(trees: Trees): PackProblem[] {
  const parameters = pick(trees.tools, "/available/*/parameters");
  const notObject = parameters.flatMap((node) => {
    const type = childOf(node, "type");
    if (type === undefined || textOf(type) === "object") return [];
    const fault = { message: "Arguments are always an object", found: describe(type), expected: '"object"' };
    return [problem("error", type.at, fault)];
  });
  const schemas = [...parameters, ...pick(trees.guardrails, "/output/schema")];
  return [...schemas.flatMap(checkJsonSchema), ...notObject];
}

/** Nothing is asked for: the value changes nothing, or everything in it does not, or it is switched off. */
function isInert(node: Source, inert: readonly unknown[]): boolean {
  if (node.kind === "scalar") return inert.includes(node.value);
  if (node.kind === "list") return node.items.length === 0;
  const enabled = childOf(node, "enabled");
  if (enabled?.kind === "scalar") return enabled.value === false;
  return [...node.entries.values()].every(({ value }) => isInert(value, inert));
}

function warnNotYet(trees: Trees): PackProblem[] {
  return NOT_YET.flatMap(({ field, instead, inert }) => {
    const [layer = "", ...path] = field.replaceAll("[]", ".*").split(".");
    const nodes = layerOf(trees, layer).flatMap((root) => select(root, path));
    return nodes.flatMap((node) => {
      if (isInert(node, inert)) return [];
      const fault = {
        message: `${field} is not enforced yet: ${instead}`,
        found: describe(node),
        expected: "",
      };
      return [problem("warning", node.at, fault)];
    });
  });
}

function layerOf(trees: Trees, name: string): readonly Source[] {
  const { manifest, soul, role, tools, guardrails, memory, workflow, skills } = trees;
  if (name === "skill") return skills;
  const roots: Readonly<Record<string, Source | undefined>> = {
    manifest,
    soul,
    role,
    tools,
    guardrails,
    memory,
    workflow,
  };
  const root = roots[name];
  return root === undefined ? [] : [root];
}

function warnTools({ tools, ownTools = [] }: Trees): PackProblem[] {
  const denied = textsOf(pick(tools, "/denied/*"));
  return pick(tools, "/available/*/id").flatMap((node) => {
    const id = textOf(node);
    if (id === undefined) return [];
    const warn = (message: string, expected: string) => [
      problem("warning", node.at, { message, found: describe(node), expected }),
    ];
    if (denied.includes(id)) return warn(`"${id}" is both available and denied: it is denied`, "one of the two");
    if (BUILTIN_TOOLS.includes(id) || ownTools.includes(id)) return [];
    const message = `The tool "${id}" does not run yet: it is not offered to the model, and answers TOOL_UNKNOWN.`;
    const expected = `one of ${[...BUILTIN_TOOLS, ...ownTools].join(", ")}, or a file tools/<id>.ts in the pack`;
    return warn(`${message}${didYouMean(id, [...BUILTIN_TOOLS, ...ownTools])}`, expected);
  });
}

/** A layer of another major version would be half understood; only the first is. */
function checkSchemaVersions(trees: Trees): PackProblem[] {
  const roots = [trees.manifest, trees.soul, trees.role, trees.tools, trees.guardrails, trees.memory, trees.workflow];
  const seen = new Set<Source>();
  return roots.flatMap((root) => {
    const node = root === undefined ? undefined : childOf(root, "schema_version");
    const text = textOf(node);
    if (node === undefined || text === undefined || seen.has(node) || !/^\d+\.\d+$/.test(text)) return [];
    seen.add(node);
    if (text.startsWith("1.")) return [];
    const message = `schema_version ${text} is read as 1.0`;
    return [problem("warning", node.at, { message, found: describe(node), expected: '"1.0"' })];
  });
}

/** Every fault and warning beyond shape. */
export function verifyPack(
  trees: Trees,
  files: PackFiles,
  frameworkVersion: string = FRAMEWORK_VERSION,
): PackProblem[] {
  return [
    ...checkQuantities(trees),
    ...checkEgress(trees.tools),
    ...checkScopes(trees.tools),
    ...checkMcpServers(trees.tools),
    ...checkIds(trees),
    ...checkReferences(trees, files, textOf(childOf(trees.manifest, "pack_id"))),
    ...checkCompatibility(trees, frameworkVersion),
    ...checkSchemas(trees),
    ...checkSchemaVersions(trees),
    ...checkGuardrails(trees.guardrails),
    ...warnTools(trees),
    ...warnSandboxes(trees.tools),
    ...warnNotYet(trees),
  ];
}

/** The pack could be read, but is larger than a task may load. */
export const tooLargeToRun = (manifest: string, bytes: number, bytesMax: number): PackProblem =>
  problem("error", startOf(manifest), {
    message: "The composed pack is too large",
    found: `${bytes} bytes`,
    expected: `at most ${bytesMax} bytes`,
  });
