/** `git` in its real isolate: a project's life in the workspace, and a real remote over smart HTTP through the gateway. */
import { describe, expect, it } from "vitest";
import { GIT_PASSWORD, GIT_USER } from "../case/outside/credentials.ts";
import { keepSecret, outside, taskWith } from "./outside-host.ts";

const remote = (name: string): string => `${outside()}/git/${name}.git`;

type Task = Awaited<ReturnType<typeof taskWith>>;
const gitOf = (task: Task) => (args: Readonly<Record<string, unknown>>) => task.call("git", args);
const write = (task: Task, path: string, content: string) =>
  task.call("file_manager", { action: "write", path, content });

describe("a new project", () => {
  it("is made, changed, committed, branched and compared, call by call", async () => {
    const task = await taskWith({ network: 'network: "none"' });
    const git = gitOf(task);
    expect((await git({ action: "init", path: "/workspace/project" })).result).toEqual({
      ...{ initialized: "/workspace/project", branch: "main" },
    });
    await write(task, "/workspace/project/a.txt", "one\ntwo\nthree\n");
    await write(task, "/workspace/project/src/b.txt", "b\n");
    expect((await git({ action: "status" })).result).toEqual({
      branch: "main",
      clean: false,
      files: [
        { path: "a.txt", staged: null, unstaged: "untracked" },
        { path: "src/b.txt", staged: null, unstaged: "untracked" },
      ],
    });
    expect((await git({ action: "add" })).result).toEqual({ staged: ["a.txt", "src/b.txt"], count: 2 });
    expect((await git({ action: "diff", staged: true })).result.diff).toContain("+++ b/src/b.txt");
    const first = await git({ action: "commit", message: "first" });
    expect(first.result).toEqual({ commit: expect.stringMatching(/^[0-9a-f]{40}$/), branch: "main" });
    expect((await git({ action: "status" })).result).toEqual({ branch: "main", clean: true, files: [] });

    await write(task, "/workspace/project/a.txt", "one\n2\nthree\n");
    expect((await git({ action: "diff" })).result).toEqual({
      diff: [
        ...["diff --git a/a.txt b/a.txt", "--- a/a.txt", "+++ b/a.txt", "@@ -1,3 +1,3 @@"],
        ...[" one", "-two", "+2", " three", ""],
      ].join("\n"),
      files: 1,
    });
    await git({ action: "checkout", branch: "feature", create: true });
    await git({ action: "add", files: ["a.txt"] });
    await git({ action: "commit", message: "second", author: { name: "Grace", email: "grace@example.com" } });
    const { result } = await git({ action: "log" });
    expect(result.commits.map(({ message, author }: { message: string; author: string }) => [message, author])).toEqual(
      [
        ["second", "Grace <grace@example.com>"],
        ["first", "Vasini agent <agent@vasini.invalid>"],
      ],
    );
    expect(result.commits[0].parents).toEqual([first.result.commit]);
    expect((await git({ action: "diff", from: "main", to: "feature" })).result.files).toBe(1);

    await git({ action: "checkout", branch: "main" });
    const read = await task.call("file_manager", { action: "read", path: "/workspace/project/a.txt" });
    expect(read.result.content).toBe("one\ntwo\nthree\n");
    expect((await git({ action: "branch", name: "later" })).result).toEqual({
      ...{ current: "main", branches: ["feature", "later", "main"] },
    });
  });

  it("sees a change of the same length, a deletion and a file that is restored", async () => {
    const task = await taskWith({ network: 'network: "none"' });
    const git = gitOf(task);
    await git({ action: "init" });
    await write(task, "/workspace/a.txt", "aaaa");
    await write(task, "/workspace/b.txt", "bbbb");
    await git({ action: "add" });
    await git({ action: "commit", message: "first" });
    await write(task, "/workspace/a.txt", "AAAA");
    await task.call("file_manager", { action: "delete", path: "/workspace/b.txt" });
    expect((await git({ action: "status" })).result.files).toEqual([
      { path: "a.txt", staged: null, unstaged: "modified" },
      { path: "b.txt", staged: null, unstaged: "deleted" },
    ]);
    await git({ action: "checkout", files: ["b.txt"] });
    expect((await git({ action: "status" })).result.files).toEqual([
      { path: "a.txt", staged: null, unstaged: "modified" },
    ]);
  });
});

describe("a remote project", () => {
  it("is cloned, changed, committed and pushed; another clone has the change, and pulls the next", async () => {
    const [one, two] = [await taskWith(), await taskWith()];
    const url = remote("tool");
    const cloned = await gitOf(one)({ action: "clone", url });
    expect(cloned).toMatchObject({ success: true, result: { cloned: "/workspace/tool", branch: "main", files: 3 } });
    expect(cloned.egress?.map(({ host, method, allowed, status }) => [host, method, allowed, status])).toEqual([
      ["127.0.0.1", "GET", true, 200],
      ["127.0.0.1", "POST", true, 200],
    ]);
    // A file that is no text came as it is.
    expect(one.files().find(({ path }) => path === "/workspace/tool/logo.png")).toEqual({
      ...{ path: "/workspace/tool/logo.png", text: "iQD/AQ==", encoding: "base64" },
    });
    expect((await gitOf(one)({ action: "status" })).result.clean).toBe(true);

    await write(one, "/workspace/tool/README.md", "# Tool\n\nBetter.\n");
    await gitOf(one)({ action: "add" });
    const { result: committed } = await gitOf(one)({ action: "commit", message: "better" });
    const pushed = await gitOf(one)({ action: "push" });
    expect(pushed).toMatchObject({ success: true, result: { pushed: "main", commit: committed.commit } });
    expect(pushed.egress?.at(-1)).toMatchObject({ method: "POST", allowed: true, status: 200 });

    const second = await gitOf(two)({ action: "clone", url, path: "/workspace/copy" });
    expect(second.result).toMatchObject({ cloned: "/workspace/copy", commit: committed.commit });
    await write(one, "/workspace/tool/README.md", "# Tool\n\nBest.\n");
    await gitOf(one)({ action: "add" });
    const { result: third } = await gitOf(one)({ action: "commit", message: "best" });
    await gitOf(one)({ action: "push" });
    expect((await gitOf(two)({ action: "pull" })).result).toEqual({
      ...{ branch: "main", commit: third.commit, changed: true },
    });
    const read = await two.call("file_manager", { action: "read", path: "/workspace/copy/README.md" });
    expect(read.result.content).toBe("# Tool\n\nBest.\n");
  });

  it("that was changed by somebody else is not pushed over", async () => {
    const [one, two] = [await taskWith(), await taskWith()];
    const url = remote("contested");
    for (const task of [one, two]) {
      await gitOf(task)({ action: "clone", url });
      await write(task, "/workspace/contested/README.md", `# ${task === one ? "One" : "Two"}\n`);
      await gitOf(task)({ action: "add" });
      await gitOf(task)({ action: "commit", message: "mine" });
    }
    expect((await gitOf(one)({ action: "push" })).success).toBe(true);
    expect(await gitOf(two)({ action: "push" })).toMatchObject({ success: false, error: { code: "TOOL_FAILED" } });
  });

  it("that wants a credential gets the tenant's secret for its host, which nobody sees", async () => {
    const tenant = "git-tenant";
    const without = await gitOf(await taskWith({ tenant }))({ action: "clone", url: remote("private-tool") });
    expect(without.error).toEqual({ code: "TOOL_FAILED", message: expect.stringMatching(/answered 401.*secret/) });

    const place = { host: "127.0.0.1", header: "authorization", scheme: "basic" } as const;
    await keepSecret(tenant, { name: "git-password", value: `${GIT_USER}:${GIT_PASSWORD}`, ...place });
    const task = await taskWith({ tenant, secrets: ["git-password"] });
    const cloned = await gitOf(task)({ action: "clone", url: remote("private-tool") });
    expect(cloned).toMatchObject({ success: true, result: { files: 3 } });
    expect(cloned.egress?.every(({ secrets }) => secrets?.[0] === "git-password")).toBe(true);
    const everything = JSON.stringify([cloned, task.files(), task.lines]);
    for (const spelling of [GIT_PASSWORD, btoa(`${GIT_USER}:${GIT_PASSWORD}`)])
      expect(everything).not.toContain(spelling);
  });
});
