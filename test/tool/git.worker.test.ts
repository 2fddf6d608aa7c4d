/** `git` in its real isolate: a project's life in the workspace, and a real remote over smart HTTP through the gateway. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { GIT_PASSWORD, GIT_USER } from "../case/outside/credentials.ts";
import { keepSecret, outside, taskWith } from "./outside-host.ts";

afterEach(() => vi.restoreAllMocks());

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

  it("is cloned beside others without a word of where, and refused where files are", async () => {
    const git = gitOf(await taskWith());
    await git({ action: "init", path: "/workspace/one" });
    await git({ action: "init", path: "/workspace/two" });
    const clone = { action: "clone", url: remote("tool") };
    expect(await git(clone)).toMatchObject({ success: true, result: { cloned: "/workspace/tool" } });
    expect((await git(clone)).error?.message).toMatch(/\/workspace\/tool is not empty/);
    expect(await git({ ...clone, path: "three" })).toMatchObject({ result: { cloned: "/workspace/three" } });
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

describe("a call that may not", () => {
  it("reaches no host that is not listed, and the workspace stays as it was", async () => {
    const task = await taskWith({ network: 'network: "egress_allowlist", egress_allowlist: ["github.com"]' });
    const cloned = await gitOf(task)({ action: "clone", url: "https://evil.example.com/x.git" });
    expect(cloned).toMatchObject({
      ...{ success: false, changes: [], error: { code: "EGRESS_DENIED" } },
      egress: [{ host: "evil.example.com", allowed: false, reason: "not_listed" }],
    });
    // This machine was opened by the operator, but the pack does not list it.
    expect(await gitOf(task)({ action: "clone", url: remote("tool") })).toMatchObject({
      error: { code: "EGRESS_DENIED" },
    });
  });

  it("has no network at all when the pack says none", async () => {
    const task = await taskWith({ network: 'network: "none"' });
    expect(await gitOf(task)({ action: "clone", url: remote("tool") })).toMatchObject({
      error: { code: "EGRESS_DENIED" },
    });
  });

  for (const [what, args, code] of [
    ["an action nobody knows", { action: "rebase" }, "TOOL_ARGUMENTS"],
    ["a clone of nothing", { action: "clone" }, "TOOL_ARGUMENTS"],
    ["a credential in the URL", { action: "clone", url: "https://user:secret@github.com/x.git" }, "TOOL_ARGUMENTS"],
    ["a user in the URL", { action: "clone", url: "https://user@github.com/x.git" }, "TOOL_ARGUMENTS"],
    ["ssh", { action: "clone", url: "git@github.com:owner/project.git" }, "TOOL_ARGUMENTS"],
    ["a file for a remote", { action: "clone", url: "file:///etc" }, "TOOL_ARGUMENTS"],
    ["a folder outside of the workspace", { action: "init", path: "/etc/project" }, "PATH_DENIED"],
    ["a folder that climbs", { action: "init", path: "/workspace/../etc" }, "TOOL_ARGUMENTS"],
    [
      "a branch that looks like an option",
      { action: "clone", url: "https://github.com/x.git", branch: "--upload-pack=x" },
      "TOOL_ARGUMENTS",
    ],
    ["a repository that is not there", { action: "status" }, "TOOL_FAILED"],
  ] as const) {
    it(`is refused ${what}, without a request`, async () => {
      const outcome = await gitOf(await taskWith())(args);
      expect(outcome).toMatchObject({ success: false, changes: [], error: { code } });
      expect(outcome.egress).toBeUndefined();
      expect(outcome.error?.message).not.toContain("secret@");
    });
  }

  it("is refused files outside of the repository, an empty commit and a second init", async () => {
    const task = await taskWith();
    const git = gitOf(task);
    await git({ action: "init", path: "/workspace/p" });
    await write(task, "/workspace/other.txt", "1");
    expect(await git({ action: "add", files: ["../other.txt"] })).toMatchObject({ error: { code: "TOOL_ARGUMENTS" } });
    expect(await git({ action: "commit", message: "m" })).toMatchObject({
      error: { message: expect.stringMatching(/nothing is staged/) },
    });
    expect(await git({ action: "init", path: "/workspace/p" })).toMatchObject({ success: false });
  });

  it("asks which repository is meant when there are two", async () => {
    const git = gitOf(await taskWith());
    await git({ action: "init", path: "/workspace/one" });
    await git({ action: "init", path: "/workspace/two" });
    expect((await git({ action: "status" })).error?.message).toMatch(/\/workspace\/one, \/workspace\/two/);
    expect((await git({ action: "status", path: "/workspace/two" })).success).toBe(true);
    expect((await git({ action: "init" })).error?.message).toMatch(
      /the new repository's folder.*\/workspace\/one, \/workspace\/two/,
    );
  });
});

describe("a remote that means harm", () => {
  const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, "0") + text;
  const OID = "1".repeat(40);
  const ADVERTISED = [
    ...[packet("# service=git-upload-pack\n"), "0000"],
    ...[
      packet(`${OID} HEAD\0side-band-64k shallow symref=HEAD:refs/heads/main\n`),
      packet(`${OID} refs/heads/main\n`),
      "0000",
    ],
  ].join("");

  /** The network answers like a git server whose one repository is this pack. */
  function serve(pack: Uint8Array) {
    const pieces: Uint8Array[] = [new TextEncoder().encode(`${packet(`shallow ${OID}\n`)}0000${packet("NAK\n")}`)];
    const size = 60_000;
    for (let at = 0; at < pack.byteLength; at += size) {
      const part = pack.subarray(at, at + size);
      const head = (part.byteLength + 5).toString(16).padStart(4, "0");
      pieces.push(new TextEncoder().encode(`${head}\u0001`), part);
    }
    pieces.push(new TextEncoder().encode("0000"));
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input) =>
      String(input).includes("info/refs")
        ? new Response(ADVERTISED, { headers: { "content-type": "application/x-git-upload-pack-advertisement" } })
        : new Response(new Blob(pieces), { headers: { "content-type": "application/x-git-upload-pack-result" } }),
    );
  }

  const header = (objects: number): Uint8Array => {
    const bytes = new Uint8Array(12);
    bytes.set(new TextEncoder().encode("PACK"));
    const view = new DataView(bytes.buffer);
    view.setUint32(4, 2);
    view.setUint32(8, objects);
    return bytes;
  };
  const join = async (...parts: readonly Uint8Array[]) => new Uint8Array(await new Blob([...parts]).arrayBuffer());

  /** Type and size of an object as a pack spells them. */
  function objectHead(type: number, size: number): Uint8Array {
    const bytes = [(type << 4) | (size & 15)];
    for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
      bytes.push(rest & 127);
    }
    return Uint8Array.from(bytes);
  }
  const deflate = async (bytes: Uint8Array) =>
    new Uint8Array(
      await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer(),
    );

  const clone = async () => {
    const outcome = await gitOf(
      await taskWith({ network: 'network: "egress_allowlist", egress_allowlist: ["evil.example.com"]' }),
    )({
      ...{ action: "clone", url: "https://evil.example.com/bomb.git" },
    });
    // What is next to it goes on.
    vi.restoreAllMocks();
    expect((await gitOf(await taskWith())({ action: "init" })).success).toBe(true);
    return outcome;
  };

  it("does not unpack 48 MB out of 48 KB", async () => {
    const blob = new Uint8Array(48 * 1024 * 1024);
    const packed = await deflate(blob);
    expect(packed.byteLength).toBeLessThan(100_000);
    serve(await join(header(1), objectHead(3, blob.byteLength), packed, new Uint8Array(20)));
    const message = expect.stringMatching(/^a part of the repository is larger than/);
    expect(await clone()).toMatchObject({ success: false, changes: [], error: { code: "TOOL_LIMIT", message } });
  });

  it("does not make git work through a million objects", async () => {
    serve(await join(header(1_000_000), new Uint8Array(1_000)));
    expect(await clone()).toMatchObject({
      success: false,
      error: { code: "TOOL_LIMIT", message: expect.stringMatching(/1000000 objects/) },
    });
  });

  it("does not keep the task when it sends nonsense", async () => {
    serve(await join(header(3), crypto.getRandomValues(new Uint8Array(10_000))));
    expect(await clone()).toMatchObject({ success: false, changes: [], error: { code: "TOOL_FAILED" } });
  });
});
