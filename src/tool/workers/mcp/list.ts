/** What a server says of its tools, as far as somebody wants them: raw, and never more than a result has room for. */
import { utf8Bytes } from "../clip.ts";
import { MCP_LIST_BYTES_MAX, MCP_LIST_PAGES_MAX, MCP_TOOL_BYTES_MAX } from "../limits.ts";
import type { Session } from "./session.ts";

type LeftOut = { readonly name: string; readonly reason: string };
type Listed = { readonly tools: readonly unknown[]; readonly left_out: readonly LeftOut[] };

export async function listTools(session: Session, wanted: readonly string[]): Promise<Listed> {
  const found = new Map<string, unknown>();
  const leftOut = new Map<string, string>();
  let bytesLeft = MCP_LIST_BYTES_MAX;
  let cursor: unknown;
  for (let page = 0; page < MCP_LIST_PAGES_MAX; page++) {
    const answer = await session.request("tools/list", typeof cursor === "string" ? { cursor } : {});
    for (const tool of Array.isArray(answer.tools) ? answer.tools : []) {
      const name = nameOf(tool);
      // The first of a name is the one; another would stand in for it.
      if (name === null || !wanted.includes(name) || found.has(name) || leftOut.has(name)) continue;
      const part = partOf(tool);
      const bytes = utf8Bytes(JSON.stringify(part));
      if (bytes > Math.min(MCP_TOOL_BYTES_MAX, bytesLeft)) {
        leftOut.set(name, `its description and schema are ${bytes} bytes, more than there is room for`);
        continue;
      }
      bytesLeft -= bytes;
      found.set(name, part);
    }
    cursor = answer.nextCursor;
    if (typeof cursor !== "string" || found.size + leftOut.size === wanted.length) break;
  }
  return { tools: [...found.values()], left_out: [...leftOut].map(([name, reason]) => ({ name, reason })) };
}

const nameOf = (tool: unknown): string | null => {
  const name: unknown = typeof tool === "object" && tool !== null ? Reflect.get(tool, "name") : null;
  return typeof name === "string" ? name : null;
};

/** Icons, titles and whatever else stands there are not read. */
const partOf = (tool: object) =>
  Object.fromEntries(
    ["name", "description", "inputSchema", "annotations"].map((name): [string, unknown] => [
      name,
      Reflect.get(tool, name),
    ]),
  );
