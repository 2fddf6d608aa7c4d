/** What a call of git was given: read, checked and completed with what the workspace says, before git sees it. */
import { isInScopes, parsePath, type WorkerRequest } from "../../contract.ts";
import { CallError } from "../call-error.ts";
import type { Workspace } from "../workspace.ts";

type Arguments = WorkerRequest["arguments"];

export const refuse = (message: string): CallError => new CallError("TOOL_ARGUMENTS", message);

export function textOf(args: Arguments, name: string): string | undefined {
  const value = args[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw refuse(`${name} must be given as text`);
  return value;
}

export function requireText(args: Arguments, name: string): string {
  const value = textOf(args, name);
  if (value === undefined) throw refuse(`${name} must be given as text for ${String(args.action)}`);
  return value;
}

export function integerOf(args: Arguments, name: string, range: { readonly min: number; readonly max: number }) {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw refuse(`${name} must be a whole number from ${range.min} to ${range.max}`);
}

/** Paths inside of the repository, as git wants them: relative, without a way out. Undefined when none are named. */
export function filesOf(args: Arguments, repository: string): readonly string[] | undefined {
  const value = args.files;
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw refuse("files must be a list of paths");
  return value.map((file: unknown) => {
    if (typeof file !== "string") throw refuse("files must be a list of paths");
    const path = parsePath(file.startsWith("/") ? file : `${repository}/${file}`);
    if (path === null || !isInScopes(path, [repository])) throw refuse(`${file} is not in ${repository}`);
    return path === repository ? "." : path.slice(repository.length + 1);
  });
}

/** A name git knows only by its own grammar; what would be read as an option or a way out is refused before. */
export function refOf(args: Arguments, name: string): string | undefined {
  const value = textOf(args, name);
  if (value === undefined || /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/.test(value)) return value;
  throw refuse(`${name} is no name of a branch or commit`);
}

/** @throws CallError for a URL that carries a credential: it would be written into the repository's configuration. */
export function remoteOf(args: Arguments, name: string): string | undefined {
  const value = textOf(args, name);
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw refuse(`${name} must be an https URL, such as https://github.com/owner/project.git`);
  }
  if (url.username === "" && url.password === "" && !value.includes("@")) return value;
  throw refuse(`${name} must not carry a credential: they are kept as secrets of the tenant and added on the way`);
}

/**
 * The folder a call works in: the one it names, else for a clone one by the project's name, else the only repository
 * there is, or the first folder it may use.
 */
export function folderOf(args: Arguments, workspace: Workspace, scopes: readonly string[]): string {
  const root = scopes[0] ?? "/";
  const named = textOf(args, "path");
  if (named !== undefined) return pathOf(named, root);
  if (args.action === "clone") return pathOf(projectOf(urlOf(args)), root);
  const known = workspace.filesUnder("/").flatMap((file) => /^(\/.+)\/\.git\/HEAD$/.exec(file)?.[1] ?? []);
  const [only = root] = known;
  if (args.action === "init" && known.length > 0) {
    throw refuse(`path must be the new repository's folder; there are repositories in ${known.join(", ")}`);
  }
  if (known.length > 1) throw refuse(`path must be one of the repositories: ${known.join(", ")}`);
  return only;
}

/** What a clone is made of. */
export const urlOf = (args: Arguments): string => remoteOf(args, "url") ?? requireText(args, "url");

const projectOf = (url: string): string =>
  /([A-Za-z0-9._-]+?)(?:\.git)?\/*$/.exec(URL.parse(url)?.pathname ?? "")?.[1] ?? "repository";

function pathOf(text: string, root: string): string {
  const path = parsePath(text.startsWith("/") ? text : `${root}/${text}`);
  if (path === null) throw refuse('path must be absolute and without "..", such as /workspace/project');
  return path;
}
