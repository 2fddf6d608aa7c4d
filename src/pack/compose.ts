/**
 * A pack's files -> one agent, or every problem at once. Pure but for SHA-256, and the same in a Worker and in Node:
 * the server composes what it is sent with this code, and `pack validate` runs it without a server.
 */
import {
  type Field,
  fields,
  guardrails,
  memory,
  professionPack,
  role,
  skillFrontmatter,
  soul,
  tools,
  type Validator,
  workflow,
} from "../gen/schema/validators.js";
import { canonicalJson, err, isRecord, ok, type Result, sha256Hex, utf8Length } from "../platform/index.ts";
import { checkBundles, readBundles, withBundles } from "./bundle.ts";
import { checkKeys, checkShape, knownPart } from "./check.ts";
import { type LayerName, withDefaults } from "./defaults.ts";
import { LayerLoader, missingManifest } from "./layers.ts";
import { COMPOSED_BYTES_MAX, PROBLEMS_PER_FILE_MAX, SKILLS_MAX } from "./limits.ts";
import { childOf, type Mapping, problem, type Source, toData } from "./source.ts";
import type { AgentConfig, ComposedPack, PackFiles, PackProblem, Tools } from "./types.ts";
import { type Trees, tooLargeToRun, verifyPack } from "./verify.ts";

const MANIFEST = "profession-pack.yaml";

type Shape = { readonly validate: Validator; readonly field: Field };

const SHAPES = {
  manifest: { validate: professionPack, field: fields.professionPack },
  soul: { validate: soul, field: fields.soul },
  role: { validate: role, field: fields.role },
  tools: { validate: tools, field: fields.tools },
  skill: { validate: skillFrontmatter, field: fields.skillFrontmatter },
  guardrails: { validate: guardrails, field: fields.guardrails },
  memory: { validate: memory, field: fields.memory },
  workflow: { validate: workflow, field: fields.workflow },
} as const satisfies Record<LayerName, Shape>;

const LAYERS = ["soul", "role", "tools", "guardrails", "memory", "workflow"] as const;

export type ComposeOptions = {
  /** Keys that no schema knows are errors instead of warnings. */
  readonly strict?: boolean;
  /** The version that `compatibility` is held against; this release's own when absent. */
  readonly frameworkVersion?: string;
};

/**
 * @param packFolder name of the pack's folder among `files`.
 * @returns the agent with its digest and warnings, or every error and warning, by file and line. Never throws for
 * anything that `files` may hold.
 */
export async function composePack(
  files: PackFiles,
  packFolder: string,
  options: ComposeOptions = {},
): Promise<Result<ComposedPack, readonly PackProblem[]>> {
  const path = `${packFolder}/${MANIFEST}`;
  if (!files.has(path)) return err([missingManifest(path)]);
  const loader = new LayerLoader(files);
  const manifest = loader.open(path, "yaml");
  if (manifest?.kind !== "map") return err(inOrder(loader.readProblems));

  const trees = loadTrees(loader, manifest, path);
  const [bundles, bundleProblems] = readBundles(files, packFolder);
  const found = [
    ...loader.problems,
    ...checkTrees(trees, options.strict === true ? "error" : "warning"),
    ...verifyPack({ ...trees, ownTools: [...bundles.keys()] }, files, options.frameworkVersion),
    ...bundleProblems,
    ...checkBundles(bundles, trees.tools, packFolder),
  ];
  const sorted = inOrder([...loader.readProblems, ...found.filter((item) => !isExplained(item, loader.readProblems))]);
  if (sorted.some(({ severity }) => severity === "error")) return err(sorted);

  const layers = toConfig(trees);
  const config: AgentConfig = { ...layers, tools: withObjectType(await withBundles(layers.tools, bundles)) };
  const json = canonicalJson(config);
  const bytes = utf8Length(json);
  if (bytes > COMPOSED_BYTES_MAX) return err(inOrder([...sorted, tooLargeToRun(path, bytes, COMPOSED_BYTES_MAX)]));
  const code = config.tools.available.flatMap(({ id, bundle }) =>
    bundle === undefined ? [] : [[bundle, bundles.get(id)?.source ?? ""] as const],
  );
  return ok({ config, digest: await sha256Hex(json), bundles: new Map(code), warnings: sorted });
}

function loadTrees(loader: LayerLoader, manifest: Mapping, path: string): Trees {
  const inherited = childOf(manifest, "schema_version");
  const unreadable = new Set<string>();
  const layers: Partial<Record<(typeof LAYERS)[number], Source>> = {};
  for (const name of LAYERS) {
    const reference = childOf(manifest, name);
    if (reference === undefined) continue;
    const tree = loader.layer(reference, path, "yaml", inherited);
    if (tree === null) unreadable.add(name);
    else layers[name] = tree;
  }
  const references = childOf(manifest, "skills");
  const items = references?.kind === "list" ? references.items : [];
  const tooMany = items[SKILLS_MAX];
  if (tooMany !== undefined) {
    const fault = {
      message: "The pack has too many skills",
      found: String(items.length),
      expected: `at most ${SKILLS_MAX}`,
    };
    loader.problems.push(problem("error", tooMany.at, fault));
  }
  const skills = items.slice(0, SKILLS_MAX).flatMap((reference) => {
    const tree = loader.layer(reference, path, "skill", inherited);
    return tree === null ? [] : [tree];
  });
  return { manifest, ...layers, skills, unreadable };
}

function checkTrees(trees: Trees, unknownKeys: PackProblem["severity"]): PackProblem[] {
  const check = (root: Source | undefined, name: LayerName): readonly PackProblem[] => {
    if (root === undefined) return [];
    const { validate, field } = SHAPES[name];
    return atMost([...checkShape(root, validate, field), ...checkKeys(root, field, unknownKeys)], root);
  };
  return [
    ...check(trees.manifest, "manifest"),
    ...LAYERS.flatMap((name) => check(trees[name], name)),
    // A file that many references name is one tree.
    ...[...new Set(trees.skills)].flatMap((skill) => check(skill, "skill")),
  ];
}

/** What of a layer is wrong, as far as a reader wants to know; errors come first. */
function atMost(problems: readonly PackProblem[], root: Source): readonly PackProblem[] {
  const rest = problems.slice(PROBLEMS_PER_FILE_MAX);
  if (rest.length === 0) return problems;
  const severity = rest.some((one) => one.severity === "error") ? "error" : "warning";
  const more = problem(severity, root.at, {
    message: `${rest.length} more problems in this layer`,
    found: "",
    expected: "",
  });
  return [...problems.slice(0, PROBLEMS_PER_FILE_MAX), more];
}

/** A value that could not be read at all is not also of the wrong type. */
const isExplained = (item: PackProblem, before: readonly PackProblem[]): boolean =>
  before.some(
    ({ file, pointer }) => file === item.file && pointer !== "" && `${item.pointer}/`.startsWith(`${pointer}/`),
  );

/** By file, line, column and pointer; a fault in a layer that two references share is told once. */
function inOrder(problems: readonly PackProblem[]): readonly PackProblem[] {
  const byKey = new Map(problems.map((item) => [canonicalJson(item), item]));
  const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...byKey.values()].sort(
    (a, b) =>
      text(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      text(a.pointer, b.pointer) ||
      text(a.message, b.message),
  );
}

function complete(root: Source | undefined, name: LayerName): unknown {
  return withDefaults(name, root === undefined ? {} : knownPart(toData(root), SHAPES[name].field));
}

/** The model's tool interfaces want `type: object` said; leaving it out is no mistake in JSON Schema. */
function withObjectType(layer: Tools): Tools {
  const available = layer.available.map((tool) =>
    typeof tool.parameters === "object" ? { ...tool, parameters: { type: "object", ...tool.parameters } } : tool,
  );
  return { ...layer, available };
}

function toConfig(trees: Trees): AgentConfig {
  const manifest = complete(trees.manifest, "manifest");
  const { schema_version, pack_id, version, risk_level, author, compatibility, model } = isRecord(manifest)
    ? manifest
    : {};
  const config: unknown = {
    schema_version,
    pack_id,
    version,
    risk_level,
    author,
    compatibility,
    model,
    soul: complete(trees.soul, "soul"),
    role: complete(trees.role, "role"),
    tools: complete(trees.tools, "tools"),
    skills: trees.skills.map((skill) => complete(skill, "skill")),
    guardrails: complete(trees.guardrails, "guardrails"),
    memory: complete(trees.memory, "memory"),
    workflow: complete(trees.workflow, "workflow"),
  };
  // Each layer has just passed its schema and was completed from the typed defaults: this is the parse's one cast.
  return config as AgentConfig;
}
