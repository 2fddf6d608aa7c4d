/** What git can be asked to do, one function each: a repository and arguments in, a result for the model out. */
import * as git from "isomorphic-git";
import type { WorkerRequest } from "../../contract.ts";
import { CallError } from "../call-error.ts";
import { ENTRIES_MAX, GIT_DEPTH_DEFAULT, GIT_LOG_DEFAULT, GIT_LOG_MAX } from "../limits.ts";
import type { Workspace } from "../workspace.ts";
import { filesOf, integerOf, refOf, refuse, remoteOf, requireText, textOf, urlOf } from "./arguments.ts";
import { diffOf, hasCommits, type Sides } from "./diff.ts";
import type { Pace } from "./pace.ts";

export type Call = {
  readonly args: WorkerRequest["arguments"];
  /** The repository's folder, or where it is to be. */
  readonly dir: string;
  readonly fs: git.PromiseFsClient;
  readonly http: git.HttpClient;
  readonly workspace: Workspace;
  readonly pace: Pace;
  /** Objects read once stay read for the call. */
  readonly cache: object;
};

const DEFAULT_BRANCH = "main";
const AUTHOR = { name: "Vasini agent", email: "agent@vasini.invalid" };
const REMOTE = "origin";

const repositoryOf = ({ fs, dir, cache }: Call) => ({ fs, dir, cache });
const onProgress = ({ pace }: Call) => ({ onProgress: () => pace.step() });

async function branchOf(call: Call): Promise<string | null> {
  return (await git.currentBranch(repositoryOf(call))) ?? null;
}

const headOf = async (call: Call): Promise<string | null> =>
  (await hasCommits(repositoryOf(call))) ? git.resolveRef({ ...repositoryOf(call), ref: "HEAD" }) : null;

/** Who a commit is by: the call's `author` as `{name, email}`, else the agent itself. */
function authorOf({ args }: Call): { readonly name: string; readonly email: string } {
  const { author } = args;
  if (author === undefined || author === null) return AUTHOR;
  const [name, email]: readonly unknown[] =
    typeof author === "object" ? [Reflect.get(author, "name"), Reflect.get(author, "email")] : [];
  if (typeof name === "string" && typeof email === "string") return { name, email };
  throw refuse("author must be {name, email}");
}

async function init(call: Call) {
  const branch = refOf(call.args, "branch") ?? DEFAULT_BRANCH;
  if (call.workspace.kindOf(`${call.dir}/.git`) !== null)
    throw new CallError("TOOL_FAILED", `${call.dir} is a repository`);
  await git.init({ ...repositoryOf(call), defaultBranch: branch });
  return { initialized: call.dir, branch };
}

async function clone(call: Call) {
  const { dir } = call;
  if (call.workspace.kindOf(dir) === "file" || call.workspace.filesUnder(dir).length > 0) {
    throw new CallError("TOOL_FAILED", `${dir} is not empty; name another path`);
  }
  const depth = integerOf(call.args, "depth", { min: 0, max: 1_000_000 }) ?? GIT_DEPTH_DEFAULT;
  const ref = refOf(call.args, "branch");
  await git.clone({
    ...{ ...repositoryOf(call), url: urlOf(call.args), http: call.http, remote: REMOTE },
    ...{ singleBranch: true, noTags: true },
    ...(depth === 0 ? {} : { depth }),
    ...(ref === undefined ? {} : { ref }),
    ...onProgress(call),
  });
  const files = call.workspace.filesUnder(dir).filter((path) => !path.startsWith(`${dir}/.git/`)).length;
  return { cloned: dir, branch: await branchOf(call), commit: await headOf(call), files };
}

type Row = readonly [path: string, head: 0 | 1, files: 0 | 1 | 2, stage: 0 | 1 | 2 | 3];

/** What differs between the last commit, what is staged, and the files; numbers as isomorphic-git has them. */
async function changesOf(call: Call, filepaths?: readonly string[]): Promise<readonly Row[]> {
  const only = filepaths === undefined ? {} : { filepaths: [...filepaths] };
  const rows = await git.statusMatrix({ ...repositoryOf(call), ...only });
  return rows.filter(([, head, files, stage]) => !(head === 1 && files === 1 && stage === 1));
}

const stagedAs = ([, head, , stage]: Row): string | null => {
  if (stage === 0) return head === 1 ? "deleted" : null;
  if (head === 0) return "added";
  return stage === 1 ? null : "modified";
};

const unstagedAs = ([, , files, stage]: Row): string | null => {
  if (stage === 0) return files === 0 ? null : "untracked";
  if (files === 0) return "deleted";
  return files === 2 && stage !== 2 ? "modified" : null;
};

async function status(call: Call) {
  const rows = await changesOf(call, filesOf(call.args, call.dir));
  const files = rows
    .slice(0, ENTRIES_MAX)
    .map((row) => ({ path: row[0], staged: stagedAs(row), unstaged: unstagedAs(row) }));
  const more = rows.length > files.length ? { more: rows.length - files.length } : {};
  return { branch: await branchOf(call), clean: rows.length === 0, files, ...more };
}

async function add(call: Call) {
  const rows = await changesOf(call, filesOf(call.args, call.dir));
  const staged: string[] = [];
  for (const row of rows) {
    const [filepath, , files] = row;
    if (unstagedAs(row) === null) continue;
    if (files === 0) await git.remove({ ...repositoryOf(call), filepath });
    else await git.add({ ...repositoryOf(call), filepath });
    staged.push(filepath);
  }
  return { staged: staged.slice(0, ENTRIES_MAX), count: staged.length };
}

async function commit(call: Call) {
  const message = requireText(call.args, "message");
  const rows = await changesOf(call);
  if (rows.every((row) => stagedAs(row) === null)) {
    throw new CallError("TOOL_FAILED", "nothing is staged; add files first");
  }
  const author = authorOf(call);
  const oid = await git.commit({ ...repositoryOf(call), message, author });
  return { commit: oid, branch: await branchOf(call) };
}

async function diff(call: Call) {
  const [from, to] = [refOf(call.args, "from"), refOf(call.args, "to")];
  const sides: Sides =
    from !== undefined
      ? { kind: "commits", from, to: to ?? "HEAD" }
      : { kind: call.args.staged === true ? "staged" : "files" };
  return diffOf(repositoryOf(call), sides, filesOf(call.args, call.dir) ?? [], call.pace);
}

async function log(call: Call) {
  const depth = integerOf(call.args, "max", { min: 1, max: GIT_LOG_MAX }) ?? GIT_LOG_DEFAULT;
  const entries = await git.log({ ...repositoryOf(call), depth, ref: refOf(call.args, "branch") ?? "HEAD" });
  return {
    commits: entries.map(({ oid, commit: { message, author, parent } }) => ({
      commit: oid,
      message: message.trimEnd(),
      author: `${author.name} <${author.email}>`,
      date: new Date(author.timestamp * 1_000).toISOString(),
      parents: parent,
    })),
  };
}

async function branch(call: Call) {
  const name = refOf(call.args, "name");
  if (name !== undefined) await git.branch({ ...repositoryOf(call), ref: name });
  return { current: await branchOf(call), branches: await git.listBranches(repositoryOf(call)) };
}

async function checkout(call: Call) {
  const ref = refOf(call.args, "branch");
  const files = filesOf(call.args, call.dir);
  if (ref === undefined && files === undefined) throw refuse("branch, or files to restore, must be given for checkout");
  const base = { ...repositoryOf(call), ...onProgress(call), remote: REMOTE };
  if (ref === undefined) {
    await git.checkout({ ...base, filepaths: [...(files ?? [])], force: true });
    return { restored: files };
  }
  if (call.args.create === true) await git.branch({ ...repositoryOf(call), ref });
  await git.checkout({ ...base, ref, ...(files === undefined ? {} : { filepaths: [...files], force: true }) });
  return { branch: await branchOf(call), commit: await headOf(call) };
}

async function push(call: Call) {
  const remote = textOf(call.args, "remote") ?? REMOTE;
  const ref = refOf(call.args, "branch") ?? (await branchOf(call));
  if (ref === null) throw refuse("branch must be given: no branch is checked out");
  const url = remoteOf(call.args, "url");
  const result = await git.push({
    ...{ ...repositoryOf(call), http: call.http, remote, ref, remoteRef: ref },
    ...(url === undefined ? {} : { url }),
    ...onProgress(call),
  });
  const refused = Object.entries(result.refs).filter(([, state]) => !state.ok);
  if (!result.ok || refused.length > 0) {
    const why = refused.map(([name, state]) => `${name}: ${state.error}`).join("; ");
    throw new CallError("TOOL_FAILED", `the remote did not take it: ${why || result.error || "no reason given"}`);
  }
  return { pushed: ref, commit: await git.resolveRef({ ...repositoryOf(call), ref }) };
}

async function pull(call: Call) {
  const ref = refOf(call.args, "branch") ?? (await branchOf(call));
  if (ref === null) throw refuse("branch must be given: no branch is checked out");
  const before = await headOf(call);
  await git.pull({
    ...{ ...repositoryOf(call), http: call.http, remote: textOf(call.args, "remote") ?? REMOTE, ref },
    ...{ singleBranch: true, author: authorOf(call) },
    ...onProgress(call),
  });
  const commit = await headOf(call);
  return { branch: ref, commit, changed: commit !== before };
}

export const ACTIONS = {
  init,
  clone,
  status,
  add,
  commit,
  diff,
  log,
  branch,
  checkout,
  push,
  pull,
} as const satisfies Record<string, (call: Call) => Promise<unknown>>;

/** Actions that need no repository to be there. */
export const MAKERS: readonly string[] = ["init", "clone"];
