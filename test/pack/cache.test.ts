/** What an isolate keeps in memory, and what it drops first. */
import { describe, expect, it } from "vitest";
import { createBlobCache, createPointerCache } from "../../src/pack/cache.ts";
import { BLOB_CACHE_ENTRIES_MAX, BLOB_CACHE_LENGTH_MAX, POINTER_CACHE_ENTRIES_MAX } from "../../src/pack/limits.ts";
import { composed, manifest, packOf, ROLE } from "./samples.ts";

const { config } = await composed(packOf(manifest(ROLE)));

describe("the cache of composed packs", () => {
  it("drops the least recently used when there are too many", () => {
    const cache = createBlobCache();
    for (let i = 0; i < BLOB_CACHE_ENTRIES_MAX; i++) cache.set(`k${i}`, config, 1);
    expect(cache.get("k0")).toBe(config);
    cache.set("one more", config, 1);
    expect(cache.get("k0")).toBe(config);
    expect(cache.get("k1")).toBeUndefined();
    expect(cache.get("one more")).toBe(config);
  });

  it("drops as many as it takes when they are too large together", () => {
    const cache = createBlobCache();
    const half = BLOB_CACHE_LENGTH_MAX / 2;
    cache.set("a", config, half);
    cache.set("b", config, half);
    cache.set("c", config, half + 1);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, undefined, config]);
  });

  it("counts an entry once, however often it is set", () => {
    const cache = createBlobCache();
    for (let i = 0; i < 5; i++) cache.set("a", config, BLOB_CACHE_LENGTH_MAX / 2);
    cache.set("b", config, BLOB_CACHE_LENGTH_MAX / 2);
    expect([cache.get("a"), cache.get("b")]).toEqual([config, config]);
  });
});

describe("the cache of answers", () => {
  const clock = { now: () => 0, sleep: async () => undefined };

  it("holds a number of them and drops the oldest", async () => {
    const cache = createPointerCache<number>(clock);
    for (let i = 0; i <= POINTER_CACHE_ENTRIES_MAX; i++) await cache.get(`k${i}`, async () => i);
    expect(await cache.get(`k${POINTER_CACHE_ENTRIES_MAX}`, async () => -1)).toBe(POINTER_CACHE_ENTRIES_MAX);
    expect(await cache.get("k0", async () => -1)).toBe(-1);
  });

  it("does not remember a read that failed", async () => {
    const cache = createPointerCache<number>(clock);
    await expect(cache.get("k", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await cache.get("k", async () => 1)).toBe(1);
  });
});
