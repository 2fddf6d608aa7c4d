/** Publishing packs and reading what can be run. */
import { describe, expect, it } from "vitest";
import { Pack, PackList, Published } from "../../src/api/schema.ts";
import {
  type Ask,
  accept,
  answerOf,
  ask,
  finished,
  type Manifest,
  manifest,
  publishShared,
  TENANT,
  workerWith,
} from "./gateway.ts";

const files = (id: string, options?: Manifest) => ({
  [`${id}/profession-pack.yaml`]: manifest(id, options),
});

const publish = (id: string, options: Ask & Manifest = {}) =>
  ask("/api/v1/packs", { ...options, body: { pack: id, files: files(id, options) } });

describe("publishing", () => {
  it("puts a tenant's pack on its own shelf, where nobody else finds it", async () => {
    const response = await publish("mine");
    const record = Published().parse(await response.json());
    expect([response.status, response.headers.get("location")]).toEqual([201, "/api/v1/packs/mine"]);
    expect(record).toMatchObject({ pack_id: "mine", version: "1.0.0", title: "Tester" });
    expect((await ask("/api/v1/packs/mine")).status).toBe(200);
    expect((await answerOf(ask("/api/v1/packs/mine", { tenant: "tenant-456" }))).body.code).toBe("PACK_NOT_FOUND");
    expect((await finished(await accept("Hello", { pack: "mine" }))).pack_digest).toBe(record.digest);
  });

  it("puts the operator's pack where everybody finds it", async () => {
    expect((await publishShared("ours")).status).toBe(201);
    for (const tenant of [TENANT, "tenant-456"]) {
      const { status, body } = await answerOf(ask("/api/v1/packs/ours", { tenant }));
      expect([status, Pack().parse(body).pack_id]).toEqual([200, "ours"]);
    }
  });

  it("changes nothing when it was published before", async () => {
    expect((await publish("twice")).status).toBe(201);
    expect((await publish("twice")).status).toBe(200);
  });

  it("reports every problem of a pack, with its place", async () => {
    const more = "guardrails: { input: { max_length: -1 } }\ntools: { available: [{ id: 7 }] }";
    const { status, body } = await answerOf(publish("wrong", { more }));
    expect([status, body.code]).toEqual([422, "PACK_INVALID"]);
    expect(body.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          file: "wrong/profession-pack.yaml",
          line: expect.any(Number),
          pointer: expect.any(String),
        }),
      ]),
    );
    expect(Array.isArray(body.errors) && body.errors.length).toBeGreaterThan(1);
    expect((await ask("/api/v1/packs/wrong")).status).toBe(404);
  });

  it("tells of unknown keys, and refuses them when it is strict", async () => {
    const body = { pack: "typo", files: files("typo", { more: "guardrial: {}" }) };
    const lenient = await answerOf(ask("/api/v1/packs", { body }));
    expect(lenient.status).toBe(201);
    expect(Published().parse(lenient.body).warnings).not.toEqual([]);
    expect((await ask("/api/v1/packs", { body: { ...body, strict: true } })).status).toBe(422);
  });

  it("replaces a version in development", async () => {
    await publish("moving");
    const { status, body } = await answerOf(publish("moving", { goal: "Try other things" }));
    expect(status).toBe(201);
    expect((await answerOf(ask("/api/v1/packs/moving"))).body.digest).toBe(body.digest);
  });

  it("never replaces a version in production", async () => {
    const via = workerWith(({ config }) => ({ config: { ...config, environment: "production" } }));
    expect((await publish("fixed", { via })).status).toBe(201);
    expect((await publish("fixed", { via })).status).toBe(200);
    const { status, body } = await answerOf(publish("fixed", { via, goal: "Try other things" }));
    expect([status, body.code]).toEqual([409, "VERSION_EXISTS"]);
    expect((await publish("fixed", { via, version: "1.0.1" })).status).toBe(201);
  });
});

describe("what can be run", () => {
  it("is listed in the newest version of each, with the others behind it", async () => {
    const tenant = "tenant-packs";
    for (const version of ["1.0.0", "1.10.0", "1.9.0"]) await publish("grown", { tenant, version });
    const list = PackList().parse((await answerOf(ask("/api/v1/packs", { tenant }))).body);
    expect(list.items.filter(({ pack_id }) => pack_id === "grown").map(({ version }) => version)).toEqual(["1.10.0"]);
    const versions = PackList().parse((await answerOf(ask("/api/v1/packs/grown/versions", { tenant }))).body);
    expect(versions.items.map(({ version }) => version)).toEqual(["1.10.0", "1.9.0", "1.0.0"]);
    expect((await answerOf(ask("/api/v1/packs/grown", { tenant }))).body.version).toBe("1.10.0");
  });

  it("has no versions of what is not there", async () => {
    const { status, body } = await answerOf(ask("/api/v1/packs/no-such-pack/versions"));
    expect([status, body.code]).toEqual([404, "PACK_NOT_FOUND"]);
  });
});
