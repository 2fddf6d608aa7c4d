/** Differences between two states of a repository as one unified patch, as far as a model can read them. */
import { createTwoFilesPatch } from "diff";
import {
  type PromiseFsClient,
  readBlob,
  resolveRef,
  STAGE,
  TREE,
  type WalkerEntry,
  WORKDIR,
  walk,
} from "isomorphic-git";
import { clipText } from "../clip.ts";
import { GIT_DIFF_EDITS_MAX, GIT_DIFF_FILE_BYTES_MAX } from "../limits.ts";
import type { Pace } from "./pace.ts";

type Repository = { readonly fs: PromiseFsClient; readonly dir: string; readonly cache: object };

/** What is compared: two commits, the last commit with what is staged, or what is staged with the files. */
export type Sides =
  | { readonly kind: "commits"; readonly from: string; readonly to: string }
  | { readonly kind: "staged" }
  | { readonly kind: "files" };

type Side = Uint8Array | null;

const CONTEXT_LINES = 3;

export async function diffOf(repository: Repository, sides: Sides, files: readonly string[], pace: Pace) {
  const patches: string[] = [];
  let changed = 0;
  const isWanted = (path: string): boolean =>
    files.length === 0 || files.some((file) => file === "." || path === file || path.startsWith(`${file}/`));
  await walk({
    ...repository,
    trees: await treesOf(repository, sides),
    map: async (path, entries): Promise<unknown> => {
      await pace.step();
      const [before = null, after = null] = entries ?? [];
      const kinds = await Promise.all([before?.type(), after?.type()]);
      if (kinds.includes("tree")) return path; // look further into it
      // An untracked file is in no diff; `status` shows it.
      if (!isWanted(path) || (sides.kind === "files" && before === null)) return null;
      const [old, now] = await Promise.all([before?.oid(), after?.oid()]);
      if (old === now) return null;
      changed++;
      patches.push(patchOf(path, await bytesOf(repository, before, old), await bytesOf(repository, after, now)));
      return null;
    },
  });
  const diff = patches.join("");
  const head = clipText(diff);
  return head === diff ? { diff, files: changed } : { diff: head, files: changed, truncated: true };
}

async function treesOf(repository: Repository, sides: Sides) {
  switch (sides.kind) {
    case "commits":
      return [TREE({ ref: sides.from }), TREE({ ref: sides.to })];
    case "files":
      return [STAGE(), WORKDIR()];
    case "staged":
      // Before the first commit everything that is staged is new.
      return (await hasCommits(repository)) ? [TREE({ ref: "HEAD" }), STAGE()] : [EMPTY(), STAGE()];
  }
}

/** The tree without any entry, which every repository has. */
const EMPTY = () => TREE({ ref: "4b825dc642cb6eb9a060e54bf8d69288fbee4904" });

export const hasCommits = ({ fs, dir }: Repository): Promise<boolean> =>
  resolveRef({ fs, dir, ref: "HEAD" }).then(
    () => true,
    () => false, // HEAD names a branch that has no commit yet
  );

async function bytesOf(repository: Repository, entry: WalkerEntry | null, oid: string | undefined): Promise<Side> {
  if (entry === null || oid === undefined) return null;
  // The index knows contents by name only; the files themselves are at hand.
  return (await entry.content()) ?? (await readBlob({ ...repository, oid })).blob;
}

function patchOf(path: string, before: Side, after: Side): string {
  const [from, to] = [before === null ? "/dev/null" : `a/${path}`, after === null ? "/dev/null" : `b/${path}`];
  const head = `diff --git a/${path} b/${path}\n`;
  const [old, now] = [toText(before), toText(after)];
  if (old === null || now === null) return `${head}Binary or large files ${from} and ${to} differ\n`;
  const patch = createTwoFilesPatch(from, to, old, now, undefined, undefined, {
    context: CONTEXT_LINES,
    maxEditLength: GIT_DIFF_EDITS_MAX,
  });
  if (patch === undefined) return `${head}Files ${from} and ${to} differ in more lines than are shown\n`;
  return head + patch.replace(/^=+\n/, "");
}

/** Null for what is not text, or too large to compare. */
function toText(bytes: Side): string | null {
  if (bytes === null) return "";
  if (bytes.byteLength > GIT_DIFF_FILE_BYTES_MAX || bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null; // bytes that are no text
  }
}
