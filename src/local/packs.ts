/**
 * `packs/*` into the registry: every pack once at the start, then each one again when its files change. A pack that
 * does not compose prints its problems and leaves the version that is published in place.
 */
import { createHash } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { CliError, type Client, listPackFolders, publishPack, readPackFolder } from "../cli/index.ts";

export type PublishReport = {
  readonly folder: string;
  readonly ok: boolean;
  /** Pack id and version; empty when it was not published. */
  readonly published: string;
  /** For the terminal: each problem with its place, warnings and errors. */
  readonly lines: readonly string[];
};

export interface PackPublisher {
  /** Publishes the packs whose files changed since the last call; all of them at the first. */
  publishChanged(): Promise<readonly PublishReport[]>;
}

/** @param connect asked before each round: the worker's address changes when it is restarted. */
export function createPackPublisher(root: string, connect: () => Client): PackPublisher {
  /** Content last sent, by folder: also of packs that were refused, so that one mistake is told once. */
  const sent = new Map<string, string>();
  let lastStamp = "";
  return {
    publishChanged: async () => {
      // Cheap first: names, sizes and times. Only a difference there is worth reading the files for.
      const stamp = await stampOf(root);
      if (stamp === lastStamp) return [];
      lastStamp = stamp;
      const folders = await listPackFolders(root);
      for (const folder of sent.keys()) if (!folders.includes(folder)) sent.delete(folder);
      const client = connect();
      const reports = await Promise.all(folders.map((folder) => publishFolder({ root, folder, client, sent })));
      // What could not be sent at all is tried again at the next look.
      if (reports.some((report) => report === "later")) lastStamp = "";
      return reports.filter((report) => report !== null && report !== "later");
    },
  };
}

async function publishFolder(job: {
  readonly root: string;
  readonly folder: string;
  readonly client: Client;
  readonly sent: Map<string, string>;
}): Promise<PublishReport | null | "later"> {
  const { root, folder, client, sent } = job;
  try {
    const pack = await readPackFolder(join(root, folder));
    const digest = createHash("sha256")
      .update(JSON.stringify([...pack.files]))
      .digest("hex");
    if (sent.get(folder) === digest) return null;
    sent.set(folder, digest);
    const record = await publishPack(client, pack);
    const published = `${String(record.pack_id)} ${String(record.version)}`;
    const lines = [...problemLines("warning", pack.problems), ...problemLines("warning", record.warnings)];
    return { folder, ok: true, published, lines };
  } catch (thrown) {
    if (!(thrown instanceof CliError)) throw thrown;
    const { code, message } = thrown.failure;
    if (code === "UNREACHABLE" || code === "UNAVAILABLE" || code === "TIMEOUT" || code === "INTERRUPTED") {
      sent.delete(folder);
      return "later";
    }
    const lines = problemLines("error", thrown.extra.errors);
    return { folder, ok: false, published: "", lines: lines.length > 0 ? lines : [`${folder}: ${message}`] };
  }
}

/** `packs/hello/SOUL.yaml:3:7 error /identity/name: ...`. */
function problemLines(kind: "warning" | "error", problems: unknown): string[] {
  if (!Array.isArray(problems)) return [];
  return problems.map((problem: Record<string, unknown>) => {
    const text = (name: string): string => (typeof problem[name] === "string" ? problem[name] : "");
    const place = `packs/${text("file")}:${Number(problem.line ?? 1)}:${Number(problem.column ?? 1)}`;
    const found = text("found") === "" ? "" : `; found ${text("found")}`;
    const expected = text("expected") === "" ? "" : `, expected ${text("expected")}`;
    return `${place} ${kind} ${text("pointer")}: ${text("message")}${found}${expected}`.replaceAll("\n", " ");
  });
}

/** Changes when any file below `root` appears, goes or is written. */
async function stampOf(root: string): Promise<string> {
  const parts: string[] = [];
  const pending = [root];
  for (const path of pending) {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const full = join(path, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules" && !entry.name.startsWith(".")) pending.push(full);
      } else {
        const stat = await lstat(full).catch(() => null);
        if (stat !== null) parts.push(`${full}:${stat.size}:${stat.mtimeMs}`);
      }
    }
  }
  return parts.sort().join("\n");
}
