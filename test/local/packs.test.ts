/** Packs on disk, published to a server, and published again when they change. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Client, createClient, listPackFolders, readPackFolder } from "../../src/cli/index.ts";
import { createPackPublisher } from "../../src/local/packs.ts";
import { json, startServer, type TestServer } from "../cli/run-bin.ts";

let root = "";
let server: TestServer;
let connect: () => Client;

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "vasini-packs-"));
  await write("hello/profession-pack.yaml", "pack_id: hello\nsoul: {extends: ../_shared/souls/calm.yaml}\n");
  await write("hello/SKILLS/greet.md", "# Greet\n");
  await write("hello/evals/golden.jsonl", "{}\n");
  await write("_shared/souls/calm.yaml", "extends: ../../base/soul.yaml\n");
  await write("base/soul.yaml", "x: 1\n");
  await write("other/profession-pack.yaml", "pack_id: other\n");
  server = await startServer({
    "POST /api/v1/packs": (response, asked, nth) => {
      const { pack, files } = Object(asked.body);
      const manifest: string = files[`${pack}/profession-pack.yaml`];
      const where = { file: `${pack}/profession-pack.yaml`, line: 2, column: 3, pointer: "/soul" };
      const errors = [{ ...where, message: "is wrong", found: "a", expected: "b" }];
      const answer = manifest.includes("broken")
        ? json(422, { code: "PACK_INVALID", detail: "no", errors })
        : json(200, { pack_id: pack, version: "1.0.0", warnings: manifest.includes("odd") ? errors : [] });
      answer(response, asked, nth);
    },
  });
  const signal = new AbortController().signal;
  connect = () => createClient({ settings: { url: server.url, apiKey: "admin", tenant: null }, signal });
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

const sentPacks = (): string[] => server.asked.map(({ body }) => Object(body).pack).sort();

describe("a pack on disk", () => {
  it("is its text files and those of every sibling it reaches", async () => {
    const { files } = await readPackFolder(join(root, "hello"));
    expect([...files.keys()].sort()).toEqual([
      "_shared/souls/calm.yaml",
      "base/soul.yaml",
      "hello/SKILLS/greet.md",
      "hello/profession-pack.yaml",
    ]);
  });

  it("does not follow links out of its folder", async () => {
    await writeFile(join(root, "secret.md"), "secret");
    await symlink(join(root, "secret.md"), join(root, "hello/link.md"));
    expect([...(await readPackFolder(join(root, "hello"))).files.keys()]).not.toContain("hello/link.md");
  });

  it("is every folder that holds a manifest", async () => {
    expect(await listPackFolders(root)).toEqual(["hello", "other"]);
    expect(await listPackFolders(join(root, "missing"))).toEqual([]);
  });
});

describe("publishing", () => {
  it("sends every pack once, with the operator's key and no tenant", async () => {
    const reports = await createPackPublisher(root, connect).publishChanged();
    expect(reports.map(({ ok, published }) => [ok, published])).toEqual([
      [true, "hello 1.0.0"],
      [true, "other 1.0.0"],
    ]);
    expect(server.asked[0]?.headers).toMatchObject({ authorization: "Bearer admin" });
    expect(server.asked[0]?.headers["x-tenant-id"]).toBeUndefined();
  });

  it("sends nothing while nothing changed", async () => {
    const publisher = createPackPublisher(root, connect);
    await publisher.publishChanged();
    expect(await publisher.publishChanged()).toEqual([]);
    expect(server.asked).toHaveLength(2);
  });

  it("sends an edited pack again, and no other", async () => {
    const publisher = createPackPublisher(root, connect);
    await publisher.publishChanged();
    await write("other/profession-pack.yaml", "pack_id: other\nrisk_level: low\n");
    expect((await publisher.publishChanged()).map(({ folder }) => folder)).toEqual(["other"]);
    expect(sentPacks()).toEqual(["hello", "other", "other"]);
  });

  it("sends a pack again when only a shared layer changed", async () => {
    const publisher = createPackPublisher(root, connect);
    await publisher.publishChanged();
    await write("base/soul.yaml", "x: 12\n");
    expect((await publisher.publishChanged()).map(({ folder }) => folder)).toEqual(["hello"]);
  });

  it("tells each problem of a broken pack with its place, once, and publishes the others", async () => {
    await write("other/profession-pack.yaml", "broken\n");
    const publisher = createPackPublisher(root, connect);
    const reports = await publisher.publishChanged();
    expect(reports).toMatchObject([
      { folder: "hello", ok: true },
      {
        folder: "other",
        ok: false,
        lines: ["packs/other/profession-pack.yaml:2:3 error /soul: is wrong; found a, expected b"],
      },
    ]);
    expect(await publisher.publishChanged()).toEqual([]);
  });

  it("reports warnings of a pack it published", async () => {
    await write("other/profession-pack.yaml", "odd\n");
    const [, other] = await createPackPublisher(root, connect).publishChanged();
    expect(other).toMatchObject({ ok: true, lines: [expect.stringContaining("warning")] });
  });

  it("tries again what could not be sent", async () => {
    const publisher = createPackPublisher(root, connect);
    const gone = await startServer({});
    await gone.close();
    const working = connect;
    let current = (): Client =>
      createClient({
        settings: { url: gone.url, apiKey: "admin", tenant: null },
        signal: new AbortController().signal,
      });
    const late = createPackPublisher(root, () => current());
    expect(await late.publishChanged()).toEqual([]);
    current = working;
    expect((await late.publishChanged()).map(({ folder }) => folder)).toEqual(["hello", "other"]);
    expect(await publisher.publishChanged()).toHaveLength(2);
  });
});
