/**
 * What a tool's sandbox asks for and will not get as written: said when the pack is checked, so that an author does not
 * learn it from a run. Refusing what is malformed is verify.ts.
 */
import { parseDuration, parseMemorySize } from "../platform/index.ts";
import { BUILTIN_TOOLS, NETWORK_TOOLS, SANDBOX_CEILINGS } from "./release.ts";
import { childOf, describe, problem, type Source, segmentsOf, select, textOf } from "./source.ts";
import type { PackProblem } from "./types.ts";

/** A sentence and what to write instead, or null when the value is honoured as it stands. */
type Judge = (text: string) => { readonly message: string; readonly expected: string } | null;

const MEBIBYTE = 1024 * 1024;

const JUDGES: Readonly<Record<string, Judge>> = {
  timeout: (text) => {
    const { timeoutMs } = SANDBOX_CEILINGS;
    const parsed = parseDuration(text);
    if (!parsed.ok || parsed.value <= timeoutMs) return null;
    const most = `${timeoutMs / 1000}s`;
    return {
      message: `A call runs for ${most} at most, and the timeout is lowered to that`,
      expected: `up to ${most}`,
    };
  },
  memory_limit: (text) => {
    const { memoryBytes } = SANDBOX_CEILINGS;
    const parsed = parseMemorySize(text);
    if (!parsed.ok || parsed.value <= memoryBytes) return null;
    const most = `${memoryBytes / MEBIBYTE}Mi`;
    const message = `An engine's heap is ${most} at most, and the limit is lowered to that`;
    return { message, expected: `up to ${most}` };
  },
  cpu_limit: (text) => {
    const { cores } = SANDBOX_CEILINGS;
    if (!(Number(text) > cores)) return null;
    const message = `An isolate runs on ${cores} core; cpu_limit times timeout is the processor time of a call`;
    return { message, expected: `up to ${cores}` };
  },
  network: (text) => {
    if (text !== "full") return null;
    const message = "network: full is refused unless the operator sets ALLOW_FULL_NETWORK=true";
    return { message, expected: "none, or egress_allowlist with the hosts the tool needs" };
  },
};

/** Warnings only, each at the value that is not honoured as written. */
export function warnSandboxes(tools: Source | undefined): PackProblem[] {
  if (tools === undefined) return [];
  const asked = [
    ...Object.keys(JUDGES).map((name) => `/available/*/sandbox/${name}`),
    "/mcp_servers/*/timeout",
  ].flatMap((path) =>
    select(tools, segmentsOf(path)).flatMap((node) => {
      const verdict = JUDGES[path.slice(path.lastIndexOf("/") + 1)]?.(textOf(node) ?? "") ?? null;
      return verdict === null ? [] : [problem("warning", node.at, { ...verdict, found: describe(node) })];
    }),
  );
  return [...asked, ...select(tools, segmentsOf("/available/*")).flatMap(warnIdleNetwork)];
}

/** A tool of ours that reaches nothing, and an author who may think that it does. */
function warnIdleNetwork(tool: Source): PackProblem[] {
  const id = textOf(childOf(tool, "id")) ?? "";
  const network = childOf(childOf(tool, "sandbox"), "network");
  const isIdle = BUILTIN_TOOLS.includes(id) && !NETWORK_TOOLS.includes(id);
  if (!isIdle || network === undefined || textOf(network) === "none") return [];
  const message = `${id} reaches no network, whatever its sandbox says`;
  const expected = `none; the tools that reach hosts are ${NETWORK_TOOLS.join(" and ")}`;
  return [problem("warning", network.at, { message, found: describe(network), expected })];
}
