/** What the tools about tasks ask for beside the scope of the door. */
import { describe, expect, it } from "vitest";
import { callTool, type McpCall } from "../../src/api/mcp-tools.ts";
import { AppError } from "../../src/platform/index.ts";

describe("a tool about tasks, over MCP", () => {
  for (const [name, scope] of [
    ["get_task", "tasks:read"],
    ["cancel_task", "tasks:cancel"],
  ] as const) {
    it(`${name} asks for ${scope}, and looks at no task without it`, async () => {
      const asked: string[] = [];
      // Nothing else is there: whatever looked further would break.
      const call = {
        ...{ tenant: "acme", progress: null, signal: new AbortController().signal },
        scope: { principal: { id: "key:writer" } },
        deps: {
          access: async ({ needs }: { readonly needs: string }) => {
            asked.push(needs);
            throw new AppError("FORBIDDEN");
          },
        },
      } as unknown as McpCall;
      const task_id = "00000000-0000-8000-8000-000000000000";
      expect(await callTool(call, name, { task_id })).toMatchObject({
        isError: true,
        structuredContent: { error: { code: "FORBIDDEN" } },
      });
      expect(asked).toEqual([scope]);
    });
  }
});
