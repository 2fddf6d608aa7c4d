/**
 * A pack on disk -> the text files that compose it: its folder, the siblings it names with `../`, and its own tools, each
 * bundled. The server and `pack validate` get exactly the same set, so that neither sees a pack the other does not.
 */
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { bundlePath, type PackFiles, type PackProblem, TOOL_ID, toBundleFile, toolPath } from "../pack/index.ts";
import { ownError } from "./exit.ts";
import { PACK_FILE_BYTES_MAX, PACK_FILES_MAX } from "./limits.ts";
import type { Bundled } from "./tool-bundle.ts";

const MANIFEST = "profession-pack.yaml";

/** The one folder of a pack that holds code. Nothing in it is read as a layer. */
const TOOLS = "tools";

/** What a layer may be written in. Evaluation sets, code and pictures are no part of the composed agent. */
const TEXT = /\.(ya?ml|md|json)$/;

/** Folders a pack reaches beside itself: `../_shared/souls/calm.yaml` names `_shared`. */
const SIBLING = /\.\.\/([A-Za-z0-9_][A-Za-z0-9._-]*)\//g;

export type PackOnDisk = {
  /** Name of the pack's folder. */
  readonly folder: string;
  /** The folder that holds it and its siblings. */
  readonly root: string;
  /** By path inside `root`, with `/` on every system. */
  readonly files: PackFiles;
  /** What keeps tools from being bundled, and what the bundler warns of. */
  readonly problems: readonly PackProblem[];
};

/** @throws CliError `PACK_NOT_READABLE` when there is no pack, or more than the limits allow. */
export async function readPackFolder(path: string): Promise<PackOnDisk> {
  const directory = resolve(path);
  const root = dirname(directory);
  const folder = basename(directory);
  const files = new Map<string, string>();
  /** Names of folders in `root`, each with the file that names it; a folder that is found on the way is added behind. */
  const wanted = new Map<string, string>([[folder, path]]);
  for (const [name, namedBy] of wanted) {
    // The pack's own folder may stand behind a link: the user named it. What the texts name, nobody looked at.
    if (name !== folder) await refuseLink({ root, name, namedBy });
    for (const [file, text] of await readTexts(root, name, files.size)) {
      files.set(file, text);
      for (const match of text.matchAll(SIBLING)) {
        const sibling = match[1];
        if (sibling !== undefined && !wanted.has(sibling)) wanted.set(sibling, file);
      }
    }
  }
  if (!files.has(`${folder}/${MANIFEST}`)) {
    throw ownError("PACK_NOT_READABLE", `${path} holds no ${MANIFEST}.`);
  }
  const { bundles, problems } = await bundleTools(root, folder);
  for (const bundle of bundles) files.set(bundlePath(folder, bundle.id), toBundleFile(bundle));
  return { folder, root, files, problems };
}

/** Each `tools/<id>.ts`; what lies in folders below is for the tools to import. */
async function bundleTools(root: string, folder: string) {
  const entries = await readdir(join(root, folder, TOOLS), { withFileTypes: true }).catch(() => []);
  const ids = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && TOOL_ID.test(entry.name.slice(0, -3)))
    .map((entry) => entry.name.slice(0, -3))
    .sort();
  const bundled: Bundled[] = [];
  for (const id of ids) {
    const { bundleTool } = await import("./tool-bundle.ts");
    bundled.push(await bundleTool({ id, root, path: toolPath(folder, id) }));
  }
  return {
    bundles: bundled.flatMap(({ bundle }) => (bundle === null ? [] : [bundle])),
    problems: bundled.flatMap(({ problems }) => problems),
  };
}

/** Names of the folders in `root` that hold a manifest, sorted; none when `root` does not exist. */
export async function listPackFolders(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const isPack = await Promise.all(names.map((name) => isFile(join(root, name, MANIFEST))));
  return names.filter((_, index) => isPack[index] === true).sort();
}

const isFile = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stat) => stat.isFile(),
    () => false,
  );

/**
 * A sibling that is a link may lead anywhere on the machine, and what is read here is published. Said, not skipped: a
 * layer that is merely missing would send the author looking in the wrong place.
 */
async function refuseLink(at: { readonly root: string; readonly name: string; readonly namedBy: string }) {
  const stat = await lstat(join(at.root, at.name)).catch(() => null); // absent: composing says who misses it
  if (stat?.isSymbolicLink() !== true) return;
  throw ownError(
    "PACK_NOT_READABLE",
    `The folder ${at.name}, which ${at.namedBy} names, is a symbolic link, and links are not followed.`,
    { hint: "Put the folder itself beside the pack." },
  );
}

/** Text files below `root/name`; none when it is no folder. Links are not followed: a pack holds what it holds. */
async function readTexts(root: string, name: string, already: number): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const pending = [name];
  for (const path of pending) {
    const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inside = `${path}/${entry.name}`;
      const isOfPack = entry.name !== "node_modules" && inside !== `${name}/${TOOLS}` && !entry.name.startsWith(".");
      if (entry.isDirectory() && isOfPack) pending.push(inside);
      if (!entry.isFile() || !TEXT.test(entry.name)) continue;
      if (already + found.size >= PACK_FILES_MAX) {
        throw ownError("PACK_NOT_READABLE", `${name} has more than ${PACK_FILES_MAX} text files.`);
      }
      found.set(inside, await readText(join(root, inside), inside));
    }
  }
  return found;
}

async function readText(path: string, shown: string): Promise<string> {
  const unreadable = (cause: unknown): never => {
    throw ownError("PACK_NOT_READABLE", `${shown} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  };
  // Before it is read: what is too large may be larger than the memory.
  const { size } = await lstat(path).catch(unreadable);
  if (size > PACK_FILE_BYTES_MAX) {
    throw ownError("PACK_NOT_READABLE", `${shown} is larger than ${PACK_FILE_BYTES_MAX} bytes.`);
  }
  const bytes = await readFile(path).catch(unreadable);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw ownError("PACK_NOT_READABLE", `${shown} is not UTF-8.`);
  }
}
