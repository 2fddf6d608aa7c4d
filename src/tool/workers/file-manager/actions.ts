/** The file manager's actions on a workspace, one call at a time. Pure: a request in, an answer out. */
import { parsePath, type WorkerRequest, type WorkerResponse } from "../../contract.ts";
import { CallError, toFailure } from "../call-error.ts";
import { clipText } from "../clip.ts";
import { ENTRIES_MAX, MATCH_TEXT_LENGTH_MAX, MATCHES_MAX, QUERY_LENGTH_MAX } from "../limits.ts";
import { FileError, Workspace } from "../workspace.ts";
import { findAll } from "./find.ts";

type Arguments = WorkerRequest["arguments"];

const ACTIONS = {
  read: (workspace, args) => read(workspace, text(args, "path")),
  write: (workspace, args) => write(workspace, text(args, "path"), text(args, "content")),
  edit: (workspace, args) => edit(workspace, args),
  list: (workspace, args) => list(workspace, text(args, "path")),
  search: (workspace, args) => search(workspace, text(args, "path"), text(args, "query")),
  delete: (workspace, args) => {
    const path = text(args, "path");
    return { deleted: path, files: workspace.remove(path, { recursive: true }) };
  },
} as const satisfies Record<string, (workspace: Workspace, args: Arguments) => unknown>;

export function manageFiles(request: WorkerRequest): WorkerResponse {
  try {
    const name = text(request.arguments, "action");
    const action = Object.entries(ACTIONS).find(([known]) => known === name)?.[1];
    if (action === undefined) {
      throw new CallError("TOOL_ARGUMENTS", `action must be one of ${Object.keys(ACTIONS).join(", ")}`);
    }
    const workspace = new Workspace(request);
    return { ok: true, result: action(workspace, request.arguments), changes: workspace.changes() };
  } catch (thrown) {
    return toFailure(thrown);
  }
}

function text(args: Arguments, name: string): string {
  const value = args[name];
  if (typeof value === "string") return value;
  const action = typeof args.action === "string" ? ` for ${args.action}` : "";
  throw new CallError("TOOL_ARGUMENTS", `${name} must be given as text${action}`);
}

function read(workspace: Workspace, path: string): unknown {
  const content = workspace.read(path);
  const head = clipText(content);
  return head === content ? { content } : { content: head, truncated: true, total_bytes: workspace.bytesOf(path) };
}

function write(workspace: Workspace, path: string, content: string): unknown {
  const bytes = workspace.write(path, content);
  return { written: path, bytes };
}

/** A text that occurs more than once is refused rather than guessed at: the model adds context and tries again. */
function edit(workspace: Workspace, args: Arguments): unknown {
  const path = text(args, "path");
  const old = text(args, "old");
  const replacement = text(args, "new");
  if (old === "") throw new CallError("TOOL_ARGUMENTS", "old must not be empty");
  const content = workspace.read(path);
  const found = findAll(content, old);
  const [start] = found;
  if (start === undefined || found.length > 1) {
    const times = found.length === 0 ? "does not occur" : `occurs ${found.length} times`;
    throw new CallError("TOOL_FAILED", `old ${times} in ${path}; it must occur exactly once. Nothing was changed.`);
  }
  const bytes = workspace.write(path, content.slice(0, start) + replacement + content.slice(start + old.length));
  return { written: path, bytes, replacements: 1 };
}

function list(workspace: Workspace, path: string): unknown {
  const entries = workspace.list(path);
  const normal = parsePath(path) ?? path;
  const folder = normal.endsWith("/") ? normal : `${normal}/`;
  const shown = entries.slice(0, ENTRIES_MAX).map((entry) => ({
    path: folder + entry.name,
    type: entry.kind,
    ...(entry.kind === "file" ? { bytes: entry.bytes } : {}),
  }));
  return entries.length > shown.length ? { entries: shown, more: entries.length - shown.length } : { entries: shown };
}

function search(workspace: Workspace, path: string, query: string): unknown {
  if (query === "" || query.length > QUERY_LENGTH_MAX) {
    throw new CallError("TOOL_ARGUMENTS", `query must have 1 to ${QUERY_LENGTH_MAX} characters`);
  }
  const files = workspace.filesUnder(path);
  if (workspace.kindOf(path) === null) throw new FileError("ENOENT", `no such file or folder: ${path}`);
  const matches: { path: string; line: number; text: string }[] = [];
  let more = 0;
  for (const file of files) {
    if (!workspace.isText(file)) continue;
    const content = workspace.read(file);
    let line = 1;
    let counted = 0;
    let lastLine = 0;
    for (const at of findAll(content, query)) {
      for (; counted < at; counted++) if (content.charCodeAt(counted) === 10) line++;
      if (line === lastLine) continue;
      lastLine = line;
      if (matches.length < MATCHES_MAX) matches.push({ path: file, line, text: lineAt(content, at) });
      else more++;
    }
  }
  return more > 0 ? { matches, more } : { matches };
}

/** The line that holds this position, cut around it when it is long. */
function lineAt(content: string, at: number): string {
  const from = Math.max(at === 0 ? 0 : content.lastIndexOf("\n", at - 1) + 1, at - MATCH_TEXT_LENGTH_MAX / 2);
  const end = content.indexOf("\n", at);
  const to = Math.min(end === -1 ? content.length : end, from + MATCH_TEXT_LENGTH_MAX);
  return content.slice(from, to).toWellFormed();
}
