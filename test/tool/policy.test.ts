/** What a tool's entry in a pack lets a call do: quantities, hosts, paths. */
import { describe, expect, it } from "vitest";
import { checkEgressUrl } from "../../src/platform/index.ts";
import { grantOf } from "../../src/tool/host.ts";
import type { SandboxPolicy } from "../../src/tool/index.ts";
import { MEMORY_BYTES_MAX, TIMEOUT_MS_MAX } from "../../src/tool/limits.ts";
import { canonicalPath, compilePolicy, workerLimits } from "../../src/tool/policy.ts";
import { composeConfig, tool, tools } from "./samples.ts";

async function policyOf(sandbox: string) {
  const config = await composeConfig(tools([tool("code_executor", sandbox)]));
  const [definition] = config.tools.available;
  if (definition === undefined) throw new Error("the sample pack has a tool");
  return { definition, policy: compilePolicy(definition) };
}
const compiled = async (sandbox: string) => (await policyOf(sandbox)).policy;

/** A policy for a sandbox that no pack could be published with, such as one from an older release. */
async function unpublishable(change: object) {
  const { definition } = await policyOf("");
  return () => compilePolicy({ ...definition, sandbox: { ...definition.sandbox, ...change } });
}

describe("compilePolicy", () => {
  it("takes every field of the sandbox", async () => {
    const policy = await compiled(
      'timeout: "30s", memory_limit: "512Mi", cpu_limit: "1", network: "egress_allowlist", ' +
        'egress_allowlist: ["pypi.org", "github.com"], filesystem: "scoped", scoped_paths: ["/workspace"]',
    );
    expect(policy).toEqual({
      timeoutMs: 30_000,
      memoryLimitBytes: 512 * 1024 * 1024,
      cpuLimit: 1,
      network: "egress_allowlist",
      egressAllowlist: ["pypi.org", "github.com"],
      filesystem: "scoped",
      scopedPaths: ["/workspace"],
    });
  });

  for (const [text, ms] of [
    ["60s", 60_000],
    ["2m", 120_000],
    ["500ms", 500],
  ] as const) {
    it(`reads a timeout of ${text}`, async () => {
      expect((await compiled(`timeout: "${text}"`)).timeoutMs).toBe(ms);
    });
  }

  it("lowers a timeout that does not fit in a step", async () => {
    expect((await compiled('timeout: "1h"')).timeoutMs).toBe(TIMEOUT_MS_MAX);
  });

  it("takes the plan's defaults: no network, no files", async () => {
    expect(await compiled("")).toMatchObject({ network: "none", filesystem: "none", timeoutMs: 30_000 });
  });

  for (const [name, change] of [
    ["a timeout", { timeout: "soon" }],
    ["a memory limit", { memory_limit: "512" }],
    ["a number of cores", { cpu_limit: "half" }],
    ["a path", { scoped_paths: ["workspace"] }],
  ] as const) {
    it(`asserts ${name} that does not parse instead of choosing one`, async () => {
      expect(await unpublishable(change)).toThrow(/code_executor/);
    });
  }
});

describe("hosts that a call may reach", () => {
  const LISTED = 'network: "egress_allowlist", egress_allowlist: ["pypi.org"]';
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  /** As the gateway of a call judges it. */
  function isReached(policy: SandboxPolicy, host: string): boolean {
    const grant = grantOf({}, [], policy, { traceparent });
    return grant !== null && checkEgressUrl(`https://${host}/`, grant.rules).ok;
  }

  it("allows nothing when the network is none", async () => {
    expect(isReached(await compiled('network: "none"'), "pypi.org")).toBe(false);
  });

  it("allows a listed host and no other", async () => {
    const policy = await compiled(LISTED);
    expect(isReached(policy, "pypi.org")).toBe(true);
    expect(isReached(policy, "evil.com")).toBe(false);
  });

  it("allows every host when the network is full, and no address", async () => {
    const policy = await compiled('network: "full"');
    expect(["evil.com", "127.0.0.1", "[::1]"].filter((host) => isReached(policy, host))).toEqual(["evil.com"]);
  });

  for (const host of ["a.pypi.org", "pypi.org.evil.com", "evilpypi.org", "pypi.org.", "93.184.216.34", ""]) {
    it(`matches exactly: ${JSON.stringify(host)} is not pypi.org`, async () => {
      expect(isReached(await compiled(LISTED), host)).toBe(false);
    });
  }

  for (const [what, entry, hosts] of [
    ["a wildcard", "*", ["anything.com", "*", "pypi.org"]],
    ["a wildcard under a domain", "*.pypi.org", ["a.pypi.org", "*.pypi.org", "pypi.org"]],
  ] as const) {
    it(`allows nothing through a list that holds ${what}`, async () => {
      const listed = { network: "egress_allowlist", egress_allowlist: ["pypi.org", entry] };
      const policy = (await unpublishable(listed))();
      expect(hosts.filter((host) => isReached(policy, host))).toEqual([]);
    });
  }

  it("allows no address, though the list holds it", async () => {
    const addresses = ["127.0.0.1", "93.184.216.34", "[::1]"];
    const policy = (await unpublishable({ network: "egress_allowlist", egress_allowlist: addresses }))();
    expect(addresses.filter((host) => isReached(policy, host))).toEqual([]);
  });
});

describe("canonicalPath", () => {
  const SCOPED = 'filesystem: "scoped", scoped_paths: ["/workspace", "/tmp"]';

  for (const [path, normal] of [
    ["/workspace/src/main.py", "/workspace/src/main.py"],
    ["/tmp/output.txt", "/tmp/output.txt"],
    ["/workspace", "/workspace"],
    ["/workspace/", "/workspace"],
    ["/workspace//a/./b", "/workspace/a/b"],
    ["/workspace/..config", "/workspace/..config"],
    ["/workspace/...", "/workspace/..."],
    ["/workspace/%2e%2e/x", "/workspace/%2e%2e/x"],
  ] as const) {
    it(`allows ${path} inside the scopes, as ${normal}`, async () => {
      expect(canonicalPath(await compiled(SCOPED), "write", path)).toEqual({ ok: true, value: normal });
    });
  }

  for (const path of [
    "/etc/passwd",
    "/home/user/.ssh/id_rsa",
    "/workspace2/a",
    "/workspacea",
    "/",
    "/workspace/../etc/passwd",
    "/workspace/../../root",
    "/workspace/./../../etc/shadow",
    "/workspace/../workspace/a",
    "/workspace/a/..",
    "workspace/a",
    "./a",
    "",
    "\\workspace\\a",
    "/workspace\\..\\etc",
    "/workspace/a\0b",
    "/workspace/a\nb",
    "/workspace/\ud800",
    `/workspace/${"a".repeat(1024)}`,
    null,
    ["/workspace/a"],
    { toString: () => "/workspace/a" },
  ]) {
    it(`refuses ${JSON.stringify(path)?.slice(0, 60)}`, async () => {
      expect(canonicalPath(await compiled(SCOPED), "write", path).ok).toBe(false);
    });
  }

  const RIGHTS = [
    // filesystem, path, may read, may write
    ["none", "/workspace/a", false, false],
    ["read_only", "/workspace/a", true, false],
    ["read_only", "/data/a", true, false],
    ["read_write", "/workspace/a", true, true],
    ["read_write", "/data/a", true, false],
    ["scoped", "/workspace/a", true, true],
    ["scoped", "/data/a", false, false],
  ] as const;
  for (const [filesystem, path, read, write] of RIGHTS) {
    it(`${filesystem}: ${path} may${read ? "" : " not"} be read and may${write ? "" : " not"} be written`, async () => {
      const policy = await compiled(`filesystem: "${filesystem}", scoped_paths: ["/workspace"]`);
      expect(canonicalPath(policy, "read", path).ok).toBe(read);
      expect(canonicalPath(policy, "write", path).ok).toBe(write);
    });
  }
});

describe("workerLimits", () => {
  it("lowers a heap that an isolate does not have", async () => {
    expect(workerLimits(await compiled('memory_limit: "2Gi"')).memoryBytes).toBe(MEMORY_BYTES_MAX);
    expect(workerLimits(await compiled('memory_limit: "8Mi"')).memoryBytes).toBe(8 * 1024 * 1024);
  });

  it("turns cores into CPU time within the time limit", async () => {
    expect(workerLimits(await compiled('cpu_limit: "0.5", timeout: "10s"')).cpuMs).toBe(5_000);
    expect(workerLimits(await compiled('cpu_limit: "0.1", timeout: "1s"')).cpuMs).toBe(1_000);
    expect(workerLimits(await compiled('cpu_limit: "8", timeout: "2m"')).cpuMs).toBe(300_000);
  });
});
