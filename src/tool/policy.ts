/**
 * A tool's entry in a pack -> what a call may do. Pure. Packs were validated when they were published, so a quantity
 * that does not parse here is a bug and is asserted, never defaulted.
 */
import type { ToolDef } from "../pack/index.ts";
import { assert, err, ok, parseDuration, parseMemorySize, type Result } from "../platform/index.ts";
import { isInScopes, parsePath, WORKSPACE_ROOT } from "./contract.ts";
import { CPU_MS_MAX, CPU_MS_MIN, MEMORY_BYTES_MAX, TIMEOUT_MS_MAX } from "./limits.ts";
import type { SandboxPolicy } from "./types.ts";

export type PathError = { readonly reason: "not_absolute" | "out_of_scope"; readonly message: string };

/** The policy as written, with the time limit lowered to TIMEOUT_MS_MAX. */
export function compilePolicy(tool: ToolDef): SandboxPolicy {
  const timeout = parseDuration(tool.sandbox.timeout);
  assert(timeout.ok, `tool ${tool.id}: timeout is not a duration`);
  const memory = parseMemorySize(tool.sandbox.memory_limit);
  assert(memory.ok, `tool ${tool.id}: memory_limit is not a size`);
  assert(/^\d{1,3}(\.\d{1,3})?$/.test(tool.sandbox.cpu_limit), `tool ${tool.id}: cpu_limit is not a number`);
  const cpuLimit = Number(tool.sandbox.cpu_limit);
  assert(cpuLimit > 0, `tool ${tool.id}: cpu_limit is zero`);
  const scopedPaths = tool.sandbox.scoped_paths.map((path) => {
    const normal = parsePath(path);
    assert(normal !== null, `tool ${tool.id}: scoped path is not absolute`);
    return normal;
  });
  return {
    timeoutMs: Math.min(timeout.value, TIMEOUT_MS_MAX),
    memoryLimitBytes: memory.value,
    cpuLimit,
    network: tool.sandbox.network,
    egressAllowlist: tool.sandbox.egress_allowlist,
    filesystem: tool.sandbox.filesystem,
    scopedPaths,
  };
}

/** Folders that a call may write in. */
export function writableScopes(policy: SandboxPolicy): readonly string[] {
  switch (policy.filesystem) {
    case "none":
    case "read_only":
      return [];
    case "read_write":
      return [WORKSPACE_ROOT];
    case "scoped":
      return policy.scopedPaths;
  }
}

/** Folders that a call may read in; `/` is every file of the task. */
export function readableScopes(policy: SandboxPolicy): readonly string[] {
  switch (policy.filesystem) {
    case "none":
      return [];
    case "read_only":
    case "read_write":
      return ["/"];
    case "scoped":
      return policy.scopedPaths;
  }
}

/** The normal form of a path that the policy lets a call read or write. */
export function canonicalPath(policy: SandboxPolicy, use: "read" | "write", path: unknown): Result<string, PathError> {
  const normal = parsePath(path);
  if (normal === null) {
    return err({
      reason: "not_absolute",
      message: `a path must be absolute and without "..", such as /workspace/a.txt`,
    });
  }
  const scopes = use === "read" ? readableScopes(policy) : writableScopes(policy);
  if (isInScopes(normal, scopes)) return ok(normal);
  const allowed = scopes.length === 0 ? "no files" : scopes.join(", ");
  return err({ reason: "out_of_scope", message: `${normal} is outside of what this tool may ${use}: ${allowed}` });
}

/** What the policy means to a worker: its access, its scopes and its engine's heap. */
export function workerLimits(policy: SandboxPolicy): {
  readonly access: "none" | "read" | "write";
  readonly scopes: readonly string[];
  readonly memoryBytes: number;
  /** `cpu_limit` is in cores and an isolate has none: it becomes CPU time, cores times the time limit. */
  readonly cpuMs: number;
} {
  const scopes = writableScopes(policy);
  return {
    access: policy.filesystem === "none" ? "none" : policy.filesystem === "read_only" ? "read" : "write",
    scopes: scopes.length > 0 ? scopes : readableScopes(policy),
    memoryBytes: Math.min(policy.memoryLimitBytes, MEMORY_BYTES_MAX),
    cpuMs: Math.round(Math.min(Math.max(policy.timeoutMs * policy.cpuLimit, CPU_MS_MIN), CPU_MS_MAX)),
  };
}
