/**
 * `tools/<id>.ts` of a pack -> the one script that is published, with what the tool says of itself. A tool may import
 * files beside it and `vasini/tool`, and nothing else: what it needs is in its pack, whoever runs it.
 */
import { realpath } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Message, Plugin } from "esbuild";
import { type PackProblem, TOOL_BUNDLE_BYTES_MAX, type ToolBundle } from "../pack/index.ts";
import { askTool, BUNDLE_GLOBAL } from "./tool-facts.ts";
import { isObject, parseJson, textOf } from "./value.ts";

/** Stands behind `vasini/tool`; the same file that the package exports under that name. */
const AUTHOR = join(import.meta.dirname, "../tool/author.ts");

const CODE = /\.(?:ts|js|mjs|json)$/;

export type ToolSource = {
  readonly id: string;
  /** The folder that holds the packs: imports stay inside it. */
  readonly root: string;
  /** The tool's file, by path inside `root`, with `/` on every system. */
  readonly path: string;
};

export type Bundled = { readonly bundle: ToolBundle | null; readonly problems: readonly PackProblem[] };

/** The bundle, or every problem that keeps it from being one. Never rejects for anything a pack may hold. */
export async function bundleTool({ id, root, path }: ToolSource): Promise<Bundled> {
  const fail = (message: string, found: string, expected: string): Bundled => ({
    bundle: null,
    problems: [problemAt(path, { message, found, expected })],
  });
  const built = await build(root, path);
  if (built.code === null) return { bundle: null, problems: built.problems };
  const source = built.code;
  const bytes = Buffer.byteLength(source);
  if (bytes > TOOL_BUNDLE_BYTES_MAX) {
    return fail("The bundled tool is too large", `${bytes} bytes`, `at most ${TOOL_BUNDLE_BYTES_MAX} bytes`);
  }
  const facts = await askTool(source);
  if (!facts.ok) return fail("The tool fails while it is loaded", facts.thrown, "a file that only defines the tool");
  const words = parseJson(facts.json);
  if (!isObject(words)) {
    return fail("The file has no tool", "no default export with run", "export default defineTool({ ... })");
  }
  const { description, parameters } = words;
  if (parameters !== undefined && (!isObject(parameters) || parameters.type !== "object")) {
    return fail(
      "The tool's parameters are no schema of an object",
      JSON.stringify(parameters),
      '{ type: "object", ... }',
    );
  }
  return { bundle: { id, source, description: textOf(description) ?? "", parameters }, problems: built.problems };
}

type Built = { readonly code: string | null; readonly problems: readonly PackProblem[] };

async function build(root: string, path: string): Promise<Built> {
  // Loaded when a pack has tools: no other command should wait for it.
  const esbuild = await import("esbuild");
  const toProblems = (messages: readonly Message[], severity: PackProblem["severity"]) =>
    messages.map((message) => toProblem(message, { root, path, severity }));
  try {
    const { outputFiles, warnings } = await esbuild.build({
      entryPoints: [join(root, path)],
      absWorkingDir: root, // names in the output are relative to it, so it is the same on every machine
      plugins: [onlyFrom(root)],
      bundle: true,
      write: false,
      minify: true,
      format: "iife",
      globalName: BUNDLE_GLOBAL,
      target: "es2023",
      platform: "neutral",
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
      // What stands around a pack is not part of it, and must not change what it becomes.
      tsconfigRaw: {},
    });
    return { code: outputFiles[0]?.text ?? "", problems: toProblems(warnings, "warning") };
  } catch (thrown) {
    const errors = isObject(thrown) && Array.isArray(thrown.errors) ? thrown.errors : null;
    if (errors === null) throw thrown;
    return { code: null, problems: toProblems(errors, "error") };
  }
}

/** Refuses every import that leads out of the folder of the packs, in words and through links. */
function onlyFrom(root: string): Plugin {
  const isInside = async (path: string): Promise<boolean> => {
    const [from, to] = await Promise.all([realpath(root), realpath(path).catch(() => path)]);
    return to.startsWith(from + sep);
  };
  return {
    name: "pack-tool",
    setup: ({ onResolve, resolve: lookUp }) => {
      onResolve({ filter: /.*/ }, async (args) => {
        if (args.pluginData === lookUp) return undefined; // our own question, below
        if (args.path === "vasini/tool") return { path: AUTHOR };
        if (args.kind !== "entry-point" && !/^\.\.?\//.test(args.path)) {
          const text = `A tool can import files beside it and "vasini/tool"; ${JSON.stringify(args.path)} is neither`;
          return { errors: [{ text }] };
        }
        const found = await lookUp(args.path, {
          kind: args.kind,
          importer: args.importer,
          resolveDir: args.resolveDir || dirname(resolve(root, args.path)),
          pluginData: lookUp,
        });
        if (found.errors.length > 0) return found;
        const text = !(await isInside(found.path))
          ? `${args.path} leads out of the folder that holds the packs`
          : CODE.test(found.path)
            ? null
            : `${args.path} is no TypeScript, JavaScript or JSON`;
        return text === null ? found : { errors: [{ text }] };
      });
    },
  };
}

const problemAt = (file: string, fault: Pick<PackProblem, "message" | "found" | "expected">): PackProblem => ({
  severity: "error",
  file,
  line: 1,
  column: 1,
  pointer: "",
  ...fault,
});

function toProblem(
  { text, location }: Message,
  at: { readonly root: string; readonly path: string; readonly severity: PackProblem["severity"] },
): PackProblem {
  const file = location === null ? at.path : relative(at.root, resolve(at.root, location.file)).split(sep).join("/");
  const place = { line: location?.line ?? 1, column: (location?.column ?? 0) + 1 };
  return {
    severity: at.severity,
    file,
    ...place,
    pointer: "",
    message: text,
    found: location?.lineText.trim() ?? "",
    expected: "",
  };
}
