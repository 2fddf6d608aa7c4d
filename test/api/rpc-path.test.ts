/** The door of RPC is made when it is first asked for, and no request waits for the promise of another. */
import { describe, expect, it } from "vitest";
import { isRpcPath, loadRpc } from "../../src/api/rpc-path.ts";

describe("the door of RPC", () => {
  it("is the same for all requests, each of which has a promise of its own", async () => {
    const first = loadRpc();
    const second = loadRpc();
    expect(second).not.toBe(first);
    await Promise.all([first, second]);
    const door = await loadRpc();
    expect(await loadRpc()).toBe(door);
  });

  for (const [path, isIts] of [
    ["/vasini.agent.v1.AgentService/RunTask", true],
    ["/grpc.health.v1.Health/Check", true],
    ["/api/v1/tasks", false],
    ["/api/vasini.agent.v1.AgentService/RunTask", false],
    ["/vasini.agent.v1.AgentServices/RunTask", false],
  ] as const) {
    it(`${isIts ? "is asked" : "is not asked"} for ${path}`, () => {
      expect(isRpcPath(path)).toBe(isIts);
    });
  }
});
