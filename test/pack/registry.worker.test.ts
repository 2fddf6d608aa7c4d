/** The shelf of published packs, on the real bucket. */
import { env as bindings } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { type ComposedPack, composePack, createPackRegistry, SHARED_SHELF } from "../../src/pack/index.ts";
import { NEWEST_CACHE_MS, POINTER_CACHE_MS } from "../../src/pack/limits.ts";
import { type Clock, canonicalJson } from "../../src/platform/index.ts";

const bucket = (bindings as unknown as Bindings).PACKS; // the bindings of wrangler.toml, by their own type

/** A clock that a test moves by hand. */
function fakeClock(): Clock & { advance(ms: number): void } {
  let nowMs = Date.UTC(2030, 0, 1);
  return {
    now: () => nowMs,
    sleep: async () => undefined,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

async function pack(packId: string, version: string, goal = "Test"): Promise<ComposedPack> {
  const text = `schema_version: "1.0"\npack_id: ${packId}\nversion: ${version}\nrisk_level: low\nauthor: { name: T }\nmodel: { tier: tier-3 }\nguardrails: { input: { max_length: 123 } }\nrole: { title: Tester, domain: D, seniority: lead, goal: { primary: ${goal} } }\n`;
  const composed = await composePack(new Map([["p/profession-pack.yaml", text]]), "p");
  if (!composed.ok) throw new Error(composed.error.map(({ message }) => message).join());
  return composed.value;
}

const clock = fakeClock();
const registry = createPackRegistry({ bucket, clock });
/** Another isolate: the same bucket, nothing remembered. */
const elsewhere = () => createPackRegistry({ bucket, clock });
const FINAL = { replaceable: false };
const ONCE_MORE = { replaceable: true };

beforeEach(async () => {
  for (let left = true; left; ) {
    const { objects, truncated } = await bucket.list();
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    left = truncated;
  }
  clock.advance(60_000);
});

describe("publishing", () => {
  it("puts a record, a blob and what is newest on the owner's shelf, and nothing else", async () => {
    const composed = await pack("hello", "1.0.0");
    expect(await registry.publish("tenant-1", composed, FINAL)).toBe("published");
    expect((await bucket.list()).objects.map(({ key }) => key)).toEqual([
      `tenant-1/blobs/${composed.digest}.json`,
      "tenant-1/newest/hello.json",
      "tenant-1/packs/hello/1.0.0.json",
    ]);
    expect((await registry.resolve("tenant-1", "hello", null))?.record).toEqual({
      pack_id: "hello",
      version: "1.0.0",
      digest: composed.digest,
      title: "Tester",
      risk_level: "low",
      tier: "tier-3",
      input_max_length: 123,
      published_at: new Date(clock.now()).toISOString(),
    });
  });

  it("the same content again changes nothing", async () => {
    const composed = await pack("hello", "1.0.0");
    await registry.publish("tenant-1", composed, FINAL);
    const before = await bucket.head("tenant-1/packs/hello/1.0.0.json");
    clock.advance(5_000);
    expect(await registry.publish("tenant-1", composed, FINAL)).toBe("unchanged");
    expect(await registry.publish("tenant-1", composed, ONCE_MORE)).toBe("unchanged");
    expect((await bucket.head("tenant-1/packs/hello/1.0.0.json"))?.etag).toBe(before?.etag);
  });

  it("the same content again brings back a blob that was lost", async () => {
    const composed = await pack("hello", "1.0.0");
    await registry.publish("tenant-1", composed, FINAL);
    await bucket.delete(`tenant-1/blobs/${composed.digest}.json`);
    expect(await elsewhere().load("tenant-1", composed.digest)).toBeNull();
    expect(await registry.publish("tenant-1", composed, FINAL)).toBe("unchanged");
    expect(await elsewhere().load("tenant-1", composed.digest)).toEqual(composed.config);
  });

  it("other content under a published version is refused, and the first stays", async () => {
    const [first, second] = [await pack("hello", "1.0.0", "One"), await pack("hello", "1.0.0", "Two")];
    await registry.publish("tenant-1", first, FINAL);
    expect(await registry.publish("tenant-1", second, FINAL)).toBe("version_exists");
    expect((await registry.resolve("tenant-1", "hello", "1.0.0"))?.record.digest).toBe(first.digest);
  });

  it("other content replaces a version where that is allowed, and the first can still be loaded", async () => {
    const [first, second] = [await pack("hello", "1.0.0", "One"), await pack("hello", "1.0.0", "Two")];
    await registry.publish("tenant-1", first, ONCE_MORE);
    expect(await registry.publish("tenant-1", second, ONCE_MORE)).toBe("published");
    expect((await registry.resolve("tenant-1", "hello", null))?.record.digest).toBe(second.digest);
    expect((await elsewhere().load("tenant-1", first.digest))?.role.goal.primary).toBe("One");
  });

  it("of one new version by many at once lets exactly one content win", async () => {
    const packs = await Promise.all(["A", "B", "C", "D", "E"].map((goal) => pack("raced", "1.0.0", goal)));
    const outcomes = await Promise.all(packs.map((composed) => elsewhere().publish("tenant-1", composed, FINAL)));
    expect(outcomes.filter((outcome) => outcome === "published")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "version_exists")).toHaveLength(4);
    const winner = packs[outcomes.indexOf("published")];
    expect((await elsewhere().resolve("tenant-1", "raced", null))?.record.digest).toBe(winner?.digest);
  });

  it("of one content by many at once is one publication, and all find it there", async () => {
    const composed = await pack("raced", "1.0.0");
    const publishing = async () => {
      const isolate = elsewhere();
      const outcome = await isolate.publish("tenant-1", composed, FINAL);
      return { outcome, found: (await isolate.resolve("tenant-1", "raced", null))?.record.digest };
    };
    const made = await Promise.all(Array.from({ length: 5 }, publishing));
    expect(made.map(({ found }) => found)).toEqual(made.map(() => composed.digest));
    expect(made.map(({ outcome }) => outcome).toSorted()).toEqual(["published", ...Array(4).fill("unchanged")]);
  });

  it("of several new versions at once leaves the newest of them the newest", async () => {
    const packs = await Promise.all([3, 0, 4, 1, 2].map((minor) => pack("raced", `1.${minor}.0`)));
    const outcomes = await Promise.all(packs.map((composed) => elsewhere().publish("tenant-1", composed, FINAL)));
    expect(outcomes).toEqual(packs.map(() => "published"));
    expect((await elsewhere().resolve("tenant-1", "raced", null))?.record.version).toBe("1.4.0");
    expect(await elsewhere().publish("tenant-1", await pack("raced", "1.3.9"), FINAL)).toBe("published");
    expect((await elsewhere().resolve("tenant-1", "raced", null))?.record.version).toBe("1.4.0");
  });

  it("again makes good what died before it said which version is the newest", async () => {
    const composed = await pack("hello", "1.0.0");
    await registry.publish("tenant-1", composed, FINAL);
    await bucket.delete("tenant-1/newest/hello.json");
    expect(await elsewhere().publish("tenant-1", composed, FINAL)).toBe("unchanged");
    expect((await elsewhere().resolve("tenant-1", "hello", null))?.record.version).toBe("1.0.0");
  });

  it("to a shelf that no tenant can have is a mistake of ours", async () => {
    const composed = await pack("hello", "1.0.0");
    for (const shelf of ["", "a/b", "_other", "../x"]) {
      await expect(registry.publish(shelf, composed, FINAL)).rejects.toThrow("shelf");
    }
  });
});

describe("resolving", () => {
  it("takes the newest version in the order of numbers, not of letters", async () => {
    for (const version of ["1.9.0", "1.10.0", "0.99.99", "1.2.30"]) {
      await registry.publish(SHARED_SHELF, await pack("hello", version), FINAL);
    }
    const versions = await registry.versions("tenant-1", "hello");
    expect(versions.map(({ version }) => version)).toEqual(["1.10.0", "1.9.0", "1.2.30", "0.99.99"]);
    expect((await registry.resolve("tenant-1", "hello", null))?.record.version).toBe("1.10.0");
  });

  it("takes the named version, or nothing", async () => {
    await registry.publish(SHARED_SHELF, await pack("hello", "1.0.0"), FINAL);
    await registry.publish(SHARED_SHELF, await pack("hello", "2.0.0"), FINAL);
    expect((await registry.resolve("tenant-1", "hello", "1.0.0"))?.record.version).toBe("1.0.0");
    expect(await registry.resolve("tenant-1", "hello", "3.0.0")).toBeNull();
  });

  it("looks at the tenant's own shelf before the shared one", async () => {
    await registry.publish(SHARED_SHELF, await pack("hello", "2.0.0", "Shared"), FINAL);
    await registry.publish("tenant-1", await pack("hello", "1.0.0", "Own"), FINAL);
    expect(await registry.resolve("tenant-1", "hello", null)).toMatchObject({
      owner: "tenant-1",
      record: { version: "1.0.0" },
    });
    expect(await registry.resolve("tenant-1", "hello", "2.0.0")).toMatchObject({ owner: SHARED_SHELF });
    expect(await registry.resolve("tenant-2", "hello", null)).toMatchObject({ owner: SHARED_SHELF });
  });

  it("finds nothing of another tenant", async () => {
    const composed = await pack("secret", "1.0.0");
    await registry.publish("tenant-1", composed, FINAL);
    expect(await registry.resolve("tenant-2", "secret", null)).toBeNull();
    expect(await registry.versions("tenant-2", "secret")).toEqual([]);
    expect(await registry.list("tenant-2")).toEqual([]);
    expect(await registry.load("tenant-2", composed.digest)).toBeNull();
  });

  it("does not take a pack for another whose id begins alike", async () => {
    await registry.publish(SHARED_SHELF, await pack("hello-world", "9.0.0"), FINAL);
    expect(await registry.resolve("tenant-1", "hello", null)).toBeNull();
  });

  for (const [packId, version] of [
    ["../blobs", null],
    ["hello/1.0.0.json", null],
    ["", null],
    ["Hello", null],
    ["hello", "../../x"],
    ["hello", "1.0"],
    ["hello", ""],
  ] as const) {
    it(`finds nothing under ${JSON.stringify([packId, version])}`, async () => {
      await registry.publish(SHARED_SHELF, await pack("hello", "1.0.0"), FINAL);
      expect(await registry.resolve("tenant-1", packId, version)).toBeNull();
    });
  }
});

describe("the absence of a pack", () => {
  it("is told with the name that was meant, of what the tenant can run", async () => {
    await registry.publish(SHARED_SHELF, await pack("hello", "1.0.0"), FINAL);
    await registry.publish("tenant-1", await pack("helpdesk", "1.0.0"), FINAL);
    const told = (tenant: string, packId: string) => elsewhere().explainAbsence(tenant, packId, null);
    expect(await told("tenant-2", "helo")).toBe('There is no pack helo. Did you mean "hello"?');
    expect(await told("tenant-1", "helpdesc")).toBe('There is no pack helpdesc. Did you mean "helpdesk"?');
    expect(await told("tenant-2", "helpdesc")).toBe("There is no pack helpdesc.");
  });

  it("is told with the newest version when another was asked for", async () => {
    for (const version of ["1.9.0", "1.10.0"]) await registry.publish("tenant-1", await pack("hello", version), FINAL);
    expect(await elsewhere().explainAbsence("tenant-1", "hello", "2.0.0")).toBe(
      "There is no pack hello 2.0.0. The newest version is 1.10.0.",
    );
    expect(await elsewhere().explainAbsence("tenant-2", "hello", "2.0.0")).toBe("There is no pack hello 2.0.0.");
  });

  it("is told without them while the bucket cannot list", async () => {
    const list = vi.spyOn(bucket, "list").mockRejectedValue(new Error("down"));
    expect(await elsewhere().explainAbsence("tenant-1", "helo", null)).toBe("There is no pack helo.");
    list.mockRestore();
  });
});

describe("listing", () => {
  it("shows the newest version of each pack, by pack id, the tenant's own before shared ones", async () => {
    for (const [shelf, packId, version] of [
      [SHARED_SHELF, "b", "1.0.0"],
      [SHARED_SHELF, "b", "1.1.0"],
      [SHARED_SHELF, "a", "3.0.0"],
      ["tenant-1", "a", "0.1.0"],
      ["tenant-1", "c", "1.0.0"],
      ["tenant-2", "d", "1.0.0"],
    ] as const) {
      await registry.publish(shelf, await pack(packId, version), FINAL);
    }
    const listed = async (tenant: string) =>
      (await registry.list(tenant)).map(({ pack_id, version }) => `${pack_id} ${version}`);
    expect(await listed("tenant-1")).toEqual(["a 0.1.0", "b 1.1.0", "c 1.0.0"]);
    expect(await listed("tenant-2")).toEqual(["a 3.0.0", "b 1.1.0", "d 1.0.0"]);
    expect(await listed("tenant-3")).toEqual(["a 3.0.0", "b 1.1.0"]);
  });

  it("goes on where the bucket's page ends", async () => {
    const composed = await pack("many", "1.0.0");
    await registry.publish(SHARED_SHELF, composed, FINAL);
    const record = await bucket.get(`${SHARED_SHELF}/packs/many/1.0.0.json`);
    const text = (await record?.text()) ?? "";
    const versions = Array.from({ length: 1_050 }, (_, patch) => `1.1.${patch}`);
    for (let start = 0; start < versions.length; start += 50) {
      const batch = versions.slice(start, start + 50);
      await Promise.all(batch.map((v) => bucket.put(`${SHARED_SHELF}/packs/many/${v}.json`, text.replace("1.0.0", v))));
    }
    expect(await elsewhere().versions("tenant-1", "many")).toHaveLength(1_051);
    await elsewhere().publish(SHARED_SHELF, await pack("many", "1.0.1"), FINAL);
    expect((await elsewhere().resolve("tenant-1", "many", null))?.record.version).toBe("1.1.1049");
  });

  it("leaves out what is no record", async () => {
    await bucket.put(`${SHARED_SHELF}/packs/hello/notes.txt`, "x");
    await bucket.put(`${SHARED_SHELF}/packs/hello/1.0.json`, "{}");
    await bucket.put(`${SHARED_SHELF}/packs/stray`, "x");
    expect(await registry.list("tenant-1")).toEqual([]);
    expect(await registry.versions("tenant-1", "hello")).toEqual([]);
  });
});

describe("loading", () => {
  it("gives the composed pack under its digest", async () => {
    const composed = await pack("hello", "1.0.0");
    await registry.publish(SHARED_SHELF, composed, FINAL);
    expect(await elsewhere().load(SHARED_SHELF, composed.digest)).toEqual(composed.config);
  });

  it("refuses a blob that is not what its digest says", async () => {
    const [one, two] = [await pack("hello", "1.0.0", "One"), await pack("hello", "1.0.0", "Two")];
    await registry.publish(SHARED_SHELF, one, FINAL);
    await bucket.put(`${SHARED_SHELF}/blobs/${one.digest}.json`, canonicalJson(two.config));
    await expect(elsewhere().load(SHARED_SHELF, one.digest)).rejects.toThrow("does not match its digest");
  });

  it("reads a pack once, and knows it afterwards though the bucket forgets it", async () => {
    const composed = await pack("hello", "1.0.0");
    const own = elsewhere();
    await own.publish(SHARED_SHELF, composed, FINAL);
    const loaded = await own.load(SHARED_SHELF, composed.digest);
    await bucket.delete(`${SHARED_SHELF}/blobs/${composed.digest}.json`);
    expect(await own.load(SHARED_SHELF, composed.digest)).toBe(loaded);
    expect(await elsewhere().load(SHARED_SHELF, composed.digest)).toBeNull();
  });

  it("of what is no shelf and no digest gives nothing", async () => {
    expect(await registry.load("a/b", "0".repeat(64))).toBeNull();
    expect(await registry.load(SHARED_SHELF, "../x")).toBeNull();
  });
});

describe("what an isolate remembers of a shelf", () => {
  it("is believed for a second, and what was published elsewhere is seen after it", async () => {
    const own = elsewhere();
    await own.publish(SHARED_SHELF, await pack("hello", "1.0.0", "One"), ONCE_MORE);
    const first = (await own.resolve("tenant-1", "hello", "1.0.0"))?.record.digest;
    const other = await pack("hello", "1.0.0", "Two");
    await elsewhere().publish(SHARED_SHELF, other, ONCE_MORE);
    clock.advance(POINTER_CACHE_MS - 1);
    expect((await own.resolve("tenant-1", "hello", "1.0.0"))?.record.digest).toBe(first);
    clock.advance(1);
    expect((await own.resolve("tenant-1", "hello", "1.0.0"))?.record.digest).toBe(other.digest);
  });

  it("is believed for five as to which version is the newest", async () => {
    const own = elsewhere();
    await own.publish(SHARED_SHELF, await pack("hello", "1.0.0"), FINAL);
    expect((await own.resolve("tenant-1", "hello", null))?.record.version).toBe("1.0.0");
    await elsewhere().publish(SHARED_SHELF, await pack("hello", "1.1.0"), FINAL);
    clock.advance(NEWEST_CACHE_MS - 1);
    expect((await own.resolve("tenant-1", "hello", null))?.record.version).toBe("1.0.0");
    expect((await own.resolve("tenant-1", "hello", "1.1.0"))?.record.version).toBe("1.1.0");
    clock.advance(1);
    expect((await own.resolve("tenant-1", "hello", null))?.record.version).toBe("1.1.0");
  });

  it("is believed for one second as to a pack that was on none", async () => {
    const own = elsewhere();
    expect(await own.resolve("tenant-1", "hello", null)).toBeNull();
    await elsewhere().publish(SHARED_SHELF, await pack("hello", "1.0.0"), FINAL);
    clock.advance(POINTER_CACHE_MS - 1);
    expect(await own.resolve("tenant-1", "hello", null)).toBeNull();
    clock.advance(1);
    expect((await own.resolve("tenant-1", "hello", null))?.record.version).toBe("1.0.0");
  });

  it("is a record for as long as the shelf lists the same one", async () => {
    const [one, two] = [await pack("hello", "1.0.0", "One"), await pack("hello", "1.0.0", "Two")];
    await elsewhere().publish(SHARED_SHELF, one, ONCE_MORE);
    const own = elsewhere();
    const gets = vi.spyOn(bucket, "get");
    const look = async () => {
      clock.advance(POINTER_CACHE_MS);
      const [record] = await own.list("tenant-1");
      return { digest: record?.digest, gets: gets.mock.calls.length };
    };
    expect([await look(), await look()]).toEqual(Array(2).fill({ digest: one.digest, gets: 1 }));
    gets.mockRestore();
    await elsewhere().publish(SHARED_SHELF, two, ONCE_MORE);
    expect((await look()).digest).toBe(two.digest);
  });

  it("is asked for once in five seconds by runs, and never with a list", async () => {
    await elsewhere().publish(SHARED_SHELF, await pack("hello", "1.0.0"), FINAL);
    const own = elsewhere();
    const [gets, lists] = [vi.spyOn(bucket, "get"), vi.spyOn(bucket, "list")];
    for (const asked of [2, 2, 4]) {
      expect((await own.resolve("tenant-1", "hello", null))?.record.version).toBe("1.0.0");
      expect([gets.mock.calls.length, lists.mock.calls.length]).toEqual([asked, 0]);
      clock.advance(NEWEST_CACHE_MS / 2);
    }
    vi.restoreAllMocks();
  });

  it("is forgotten at once when the isolate itself publishes", async () => {
    const own = elsewhere();
    expect(await own.resolve("tenant-1", "hello", null)).toBeNull();
    await own.publish("tenant-1", await pack("hello", "1.0.0"), FINAL);
    expect((await own.resolve("tenant-1", "hello", null))?.record.version).toBe("1.0.0");
  });
});

describe("composing in a Worker", () => {
  it("refuses nesting that would exhaust its stack, and goes on working", async () => {
    const files = new Map([["p/profession-pack.yaml", `a: ${"[".repeat(100_000)}`]]);
    const result = await composePack(files, "p");
    expect(result.ok ? [] : result.error.map(({ message }) => message)).toContain("The file is nested too deeply");
    expect((await pack("hello", "1.0.0")).config.pack_id).toBe("hello");
  });
});
