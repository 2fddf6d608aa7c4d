/** The names in Redis, as the plan spells them, and that no tenant's can be read as another's. */
import { describe, expect, it } from "vitest";
import { memoryKey, rateLimitKey, streamKey } from "../../src/memory/index.ts";
import { parsePackId, parseTenantId } from "../../src/platform/index.ts";

describe("names in Redis", () => {
  it("hold the tenant and the agent of what is remembered", () => {
    expect(memoryKey("tenant-abc", "agent-1", "ctx:session")).toBe("vasini:mem:tenant-abc:agent-1:ctx:session");
  });

  it("hold the tenant and the window of a rate counter", () => {
    expect(rateLimitKey("tenant-123", "60")).toBe("vasini:rl:tenant-123:60");
  });

  it("hold the tenant of a stream", () => {
    expect(streamKey("tenant-123")).toBe("vasini:stream:tenant-123");
  });

  it("cannot run into each other: neither a tenant's id nor a pack's has a colon", () => {
    expect([parseTenantId("a:b"), parsePackId("a:b")]).toEqual([undefined, undefined]);
  });
});
