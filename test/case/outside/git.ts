/**
 * Bare repositories over git's smart HTTP protocol, by the real git: `git http-backend` behind a server of ours. A
 * repository whose name begins with `private` wants the user and password of credentials.ts.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { GIT_PASSWORD, GIT_USER } from "./credentials.ts";

/** Nothing of whoever runs the tests: no configuration, no hooks, no identity. */
const ENVIRONMENT = {
  PATH: process.env.PATH ?? "/usr/bin:/bin",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_AUTHOR_DATE: "2026-01-02T03:04:05Z",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  GIT_COMMITTER_DATE: "2026-01-02T03:04:05Z",
};

export const git = (folder: string, ...words: readonly string[]): string =>
  execFileSync("git", words, { cwd: folder, env: ENVIRONMENT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** A bare repository `<name>.git` that may be pushed to, with these files in one commit on `main`, or with none at all. */
export function makeRepository(
  root: string,
  name: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): string {
  const bare = join(root, `${name}.git`);
  mkdirSync(bare, { recursive: true });
  git(bare, "init", "--bare", "--initial-branch=main", "--quiet");
  git(bare, "config", "http.receivepack", "true");
  if (Object.keys(files).length === 0) return bare;
  const work = join(root, `${name}-work`);
  mkdirSync(work);
  git(work, "init", "--initial-branch=main", "--quiet");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(work, path, ".."), { recursive: true });
    writeFileSync(join(work, path), content);
  }
  git(work, "add", "--all");
  git(work, "commit", "--quiet", "--message", "first");
  git(work, "push", "--quiet", bare, "main");
  return bare;
}

const BASIC = `Basic ${Buffer.from(`${GIT_USER}:${GIT_PASSWORD}`).toString("base64")}`;

export function createGitServer(root: string) {
  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const path = url.pathname.slice("/git".length);
    if (path.startsWith("/private") && request.headers.authorization !== BASIC) {
      return void response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("who are you?");
    }
    const backend = spawn("git", ["http-backend"], {
      env: {
        ...ENVIRONMENT,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: path,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? "GET",
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        HTTP_GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
        REMOTE_USER: GIT_USER,
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(backend.stdin);
    backend.stdin.on("error", () => undefined); // it may end before it has read everything
    const pieces: Buffer[] = [];
    for await (const piece of backend.stdout) pieces.push(piece);
    answerCgi(Buffer.concat(pieces), response);
  };
}

/** A program's answer by RFC 3875: headers, an empty line, the body. */
function answerCgi(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf("\r\n\r\n");
  if (end < 0) return void response.writeHead(500).end();
  for (const line of output.subarray(0, end).toString("latin1").split("\r\n")) {
    const [name = "", value = ""] = line.split(/:\s*/, 2);
    if (name.toLowerCase() === "status") response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}
