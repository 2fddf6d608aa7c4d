/** Tools that reach the outside, as a user meets them: `npm start`, a git server that wants a password, and the tenant's secret. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GIT_PASSWORD, GIT_USER } from "../case/outside/credentials.ts";
import { git, makeRepository } from "../case/outside/git.ts";
import { type Outside, startOutside } from "../case/outside/server.ts";
import { dataOf, manifestOf, openEvents, postRun, readFrames, TENANT, typeOf } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const PACK = manifestOf(
  "outsider",
  `    - id: "git"
      name: "Git"
      secrets: ["git-login"]
      sandbox: { timeout: "60s", network: "full", filesystem: "scoped", scoped_paths: ["/workspace"] }
    - id: "http_request"
      name: "HTTP"
      sandbox: { timeout: "20s", network: "egress_allowlist", egress_allowlist: ["api.example.com"] }
    - id: "file_manager"
      name: "Files"
      sandbox: { filesystem: "scoped", scoped_paths: ["/workspace"] }
`,
);

const dataDir = newDataDir();
const repositories = mkdtempSync(join(tmpdir(), "vasini-git-"));
let outside: Outside;
let server: Server;

async function call(method: string, path: string, body: unknown): Promise<void> {
  const headers = { "content-type": "application/json", "x-tenant-id": TENANT };
  const response = await fetch(`${server.url}${path}`, { method, headers, body: JSON.stringify(body) });
  expect(response.status, await response.text()).toBeLessThan(300);
}

beforeAll(async () => {
  makeRepository(repositories, "private-notes", { "README.md": "# Notes\n" });
  outside = await startOutside({ repositories });
  const env = { EGRESS_LOCAL_ORIGINS: outside.origin, ALLOW_FULL_NETWORK: "true" };
  server = await startServer({ dataDir, port: await freePort(), env });
  await call("POST", "/api/v1/packs", { pack: "outsider", files: { "outsider/profession-pack.yaml": PACK } });
  const secret = { value: `${GIT_USER}:${GIT_PASSWORD}`, host: "127.0.0.1", scheme: "basic" };
  await call("PUT", "/api/v1/secrets/git-login", secret);
});
afterAll(async () => {
  await server?.kill();
  await outside?.close();
  dropDataDir(dataDir);
  rmSync(repositories, { recursive: true, force: true });
});

/** What each call of a task came to, and everything its stream said. */
async function runTask(key: string, calls: readonly (readonly [tool: string, args: object])[], pack = "outsider") {
  const input = calls.map(([tool, args]) => `@tool ${tool} ${JSON.stringify(args)}`).join("\n");
  const accepted = await postRun(server.url, { pack, input, key });
  const { task_id: task } = (await accepted.json()) as { task_id: string };
  const frames = await readFrames(await openEvents(server.url, task, 0));
  return { frames, results: frames.filter((frame) => typeOf(frame) === "tool.result").map(dataOf) };
}

describe("an agent with git and a secret", () => {
  it("clones a private project, changes it and pushes, and the real git has its commit", async () => {
    const { frames, results } = await runTask("git-1", [
      ["git", { action: "clone", url: `${outside.origin}/git/private-notes.git` }],
      ["file_manager", { action: "write", path: "/workspace/private-notes/README.md", content: "# Notes\n\nMore.\n" }],
      ["git", { action: "add" }],
      ["git", { action: "commit", message: "more notes" }],
      ["git", { action: "push" }],
    ]);
    expect(results.map(({ success }) => success)).toEqual([true, true, true, true, true]);
    const bare = join(repositories, "private-notes.git");
    expect(git(bare, "log", "--format=%s", "main").trim().split("\n")).toEqual(["more notes", "first"]);
    expect(git(bare, "show", "main:README.md")).toBe("# Notes\n\nMore.\n");
    expect(results.at(-1)?.egress).toContainEqual(
      expect.objectContaining({
        host: "127.0.0.1",
        method: "POST",
        allowed: true,
        status: 200,
        secrets: ["git-login"],
      }),
    );
    expect(frames.join("") + server.output()).not.toContain(GIT_PASSWORD);
  });

  it("reaches nothing that its pack does not list, on this machine either", async () => {
    const { results } = await runTask("http-1", [["http_request", { method: "GET", url: `${outside.origin}/echo` }]]);
    expect(results).toMatchObject([
      {
        ...{ success: false, error: { code: "EGRESS_DENIED" } },
        egress: [{ host: "127.0.0.1", allowed: false, reason: "not_listed" }],
      },
    ]);
  });
});

describe("an agent with tools of a remote server", () => {
  it("is offered those its pack names, and calls them", async () => {
    const servers = `
  mcp_servers:
    - { id: docs, url: "${outside.origin}/mcp/docs", tools: [echo, nowhere] }
`;
    const text = PACK.replace("outsider", "remote").trimEnd() + servers;
    await call("POST", "/api/v1/packs", { pack: "remote", files: { "remote/profession-pack.yaml": text } });
    const { frames, results } = await runTask("mcp-1", [["docs__echo", { text: "from afar" }]], "remote");
    const listed = frames.filter((frame) => typeOf(frame) === "mcp.listed").map(dataOf);
    expect(listed).toMatchObject([{ server_id: "docs", tools: ["echo"], left_out: [{ name: "nowhere" }] }]);
    expect(results).toMatchObject([{ success: true, result: { text: "from afar" } }]);
  });
});
