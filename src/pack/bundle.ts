/**
 * A pack's own tools, as they come with its files: each bundled by whoever sends the pack, with what the tool says of
 * itself. A bundle is an opaque script here; it is never run, only counted, hashed and held against TOOLS.yaml.
 */
import { canonicalJson, isDeeperThan, sha256Hex, utf8Length } from "../platform/index.ts";
import { TOOL_ID, type ToolBundle, toolPath } from "./bundle-file.ts";
import { checkJsonSchema } from "./check.ts";
import { DEPTH_MAX, TOOL_BUNDLE_BYTES_MAX, TOOL_BUNDLES_MAX } from "./limits.ts";
import { BUILTIN_TOOLS } from "./release.ts";
import { childOf, describe, problem, type Source, select, startOf, textOf, toData } from "./source.ts";
import type { JsonSchema, PackFiles, PackProblem } from "./types.ts";

/** The bundles among a pack's files, by tool id, and what is wrong with each as a file. */
export function readBundles(files: PackFiles, packFolder: string): readonly [Map<string, ToolBundle>, PackProblem[]] {
  const bundles = new Map<string, ToolBundle>();
  const problems: PackProblem[] = [];
  const prefix = `${packFolder}/tools/`;
  const note = (path: string, message: string, found: string, expected: string) =>
    problems.push(problem("error", startOf(path), { message, found, expected }));
  for (const [path, text] of files) {
    if (!path.startsWith(prefix) || !path.endsWith(".bundle.json")) continue;
    const id = path.slice(prefix.length, -".bundle.json".length);
    const bundle = TOOL_ID.test(id) ? parseBundle(id, text) : null;
    if (bundle === null) {
      note(path, "This is no bundle of a tool", "something else", "a file that `vasini pack publish` made");
      continue;
    }
    const bytes = utf8Length(bundle.source);
    const expected = `at most ${TOOL_BUNDLE_BYTES_MAX} bytes`;
    if (bytes > TOOL_BUNDLE_BYTES_MAX) {
      note(toolPath(packFolder, id), "The bundled tool is too large", `${bytes} bytes`, expected);
    }
    bundles.set(id, bundle);
  }
  if (bundles.size > TOOL_BUNDLES_MAX) {
    note(prefix.slice(0, -1), "The pack has too many tools", `${bundles.size}`, `at most ${TOOL_BUNDLES_MAX}`);
  }
  return [bundles, problems];
}

function parseBundle(id: string, text: string): ToolBundle | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null; // said by the caller, with the file's name
  }
  if (typeof data !== "object" || data === null) return null;
  const { source, description = "", parameters } = data as Readonly<Record<string, unknown>>; // each is checked next
  if (typeof source !== "string" || !source.isWellFormed() || source.includes("\0")) return null;
  if (typeof description !== "string") return null;
  if (parameters !== undefined && (typeof parameters !== "object" || parameters === null)) return null;
  if (isDeeperThan(parameters, DEPTH_MAX)) return null;
  const schema = parameters as { readonly [keyword: string]: unknown } | undefined; // an object, as was just checked
  return { id, source, description, parameters: schema };
}

/** What TOOLS.yaml and the tools say of each other. */
export function checkBundles(
  bundles: ReadonlyMap<string, ToolBundle>,
  tools: Source | undefined,
  packFolder: string,
): PackProblem[] {
  const entries = tools === undefined ? [] : select(tools, ["available", "*"]);
  return [...bundles.values()].flatMap((bundle) => {
    const at = startOf(toolPath(packFolder, bundle.id));
    const note = (severity: PackProblem["severity"], message: string, expected: string) => [
      problem(severity, at, { message, found: JSON.stringify(bundle.id), expected }),
    ];
    if (BUILTIN_TOOLS.includes(bundle.id)) {
      return note("error", `"${bundle.id}" is a built-in tool, which no pack can replace`, "another file name");
    }
    const entry = entries.find((one) => textOf(childOf(one, "id")) === bundle.id);
    if (entry === undefined) {
      return note(
        "warning",
        "The tool is in no entry of tools.available, so it is not offered",
        "an entry with its id",
      );
    }
    return checkParameters(bundle, childOf(entry, "parameters"), at);
  });
}

function checkParameters(
  { id, parameters }: ToolBundle,
  listed: Source | undefined,
  at: ReturnType<typeof startOf>,
): PackProblem[] {
  if (parameters === undefined) return [];
  const own = checkJsonSchema(toSource(parameters, at));
  if (own.length > 0 || listed === undefined) return own;
  if (canonicalJson(toData(listed)) === canonicalJson(parameters)) return [];
  const message = `The parameters are not those of tools/${id}.ts`;
  return [problem("error", listed.at, { message, found: describe(listed), expected: "the same, or none here" })];
}

/** Data without a file of its own: every part of it stands where the tool does. */
function toSource(data: unknown, at: ReturnType<typeof startOf>): Source {
  if (Array.isArray(data)) return { kind: "list", items: data.map((item) => toSource(item, at)), at };
  if (typeof data !== "object" || data === null) {
    const value = typeof data === "string" || typeof data === "number" || typeof data === "boolean" ? data : null;
    return { kind: "scalar", value, text: String(value), at };
  }
  const entries = Object.entries(data).map(([name, value]) => [name, { key: at, value: toSource(value, at) }] as const);
  return { kind: "map", entries: new Map(entries), at };
}

/** The tools layer with what the bundles add to it: the digest of the code, and what TOOLS.yaml leaves to the tool. */
export async function withBundles<T extends { readonly available: readonly ToolEntry[] }>(
  layer: T,
  bundles: ReadonlyMap<string, ToolBundle>,
): Promise<T> {
  const available = await Promise.all(
    layer.available.map(async (tool) => {
      const bundle = bundles.get(tool.id);
      if (bundle === undefined) return tool;
      const description = tool.description === "" ? bundle.description : tool.description;
      const parameters = tool.parameters ?? bundle.parameters;
      const own = parameters === undefined ? {} : { parameters };
      return { ...tool, description, ...own, bundle: await sha256Hex(bundle.source) };
    }),
  );
  return { ...layer, available };
}

type ToolEntry = { readonly id: string; readonly description: string; readonly parameters?: JsonSchema };
