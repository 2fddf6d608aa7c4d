/** What the reading of a pack refuses: folders that are links, and files that are too large to be read. */
import { mkdir, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPackFolder } from "../../src/cli/index.ts";
import { makeFolder } from "./fresh-folder.ts";

let folder: Awaited<ReturnType<typeof makeFolder>>;
const read = (path: string) => readPackFolder(join(folder.root, path));
const refusal = (message: RegExp) => ({
  failure: { code: "PACK_NOT_READABLE", message: expect.stringMatching(message) },
});

beforeEach(async () => {
  folder = await makeFolder("vasini-pack-files-");
  await folder.write("packs/hello/profession-pack.yaml", "soul: {extends: ../shared/calm.yaml}\n");
  await folder.write("private/config.json", '{"auth": "secret"}\n');
});
afterEach(() => folder.remove());

describe("a sibling that a pack names", () => {
  it("is refused when it is a link, and the message names it and who names it", async () => {
    await symlink(join(folder.root, "private"), join(folder.root, "packs/shared"));
    await expect(read("packs/hello")).rejects.toMatchObject(
      refusal(/shared, which hello\/profession-pack\.yaml names, is a symbolic link, and links are not followed/),
    );
  });

  it("is refused when it is a link and only another sibling names it", async () => {
    await folder.write("packs/shared/calm.yaml", "extends: ../base/soul.yaml\n");
    await symlink(join(folder.root, "private"), join(folder.root, "packs/base"));
    await expect(read("packs/hello")).rejects.toMatchObject(refusal(/base, which shared\/calm\.yaml names/));
  });

  it("is nothing to read when it is no folder, or not there", async () => {
    expect([...(await read("packs/hello")).files.keys()]).toEqual(["hello/profession-pack.yaml"]);
    await folder.write("packs/shared", "a file\n");
    expect([...(await read("packs/hello")).files.keys()]).toEqual(["hello/profession-pack.yaml"]);
  });
});

describe("a pack that the user names", () => {
  it("may stand behind a link", async () => {
    await mkdir(join(folder.root, "links"));
    await symlink(join(folder.root, "packs/hello"), join(folder.root, "links/hello"));
    expect([...(await read("links/hello")).files.keys()]).toEqual(["hello/profession-pack.yaml"]);
  });
});

describe("a file that is too large", () => {
  it("is refused for its size before any of it is read", async () => {
    // No disk holds it and no buffer would: reading it fails for another reason than the one that is told.
    await folder.write("packs/hello/large.md", "");
    await truncate(join(folder.root, "packs/hello/large.md"), 3 * 1024 ** 3);
    await expect(read("packs/hello")).rejects.toMatchObject(refusal(/hello\/large\.md is larger than 1048576 bytes/));
  });
});
