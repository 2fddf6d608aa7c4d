/** Where `npm start` keeps everything: made when it is missing, and one sentence when it cannot be. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeDataFolder } from "../../src/local/data-folder.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vasini-folder-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the data folder", () => {
  it("is made with all that is missing above it, for its owner alone", async () => {
    const path = join(folder, "a/b/c");
    expect(await makeDataFolder(path)).toEqual({ ok: true, value: null });
    expect((await stat(join(path, "keys"))).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it("may be there already", async () => {
    const path = join(folder, "twice");
    for (let time = 0; time < 2; time++) expect(await makeDataFolder(path)).toMatchObject({ ok: true });
  });

  it("cannot be made inside a file, and the sentence says so", async () => {
    const path = join(folder, "file");
    await writeFile(path, "");
    expect(await makeDataFolder(join(path, "data"))).toEqual({
      ok: false,
      error: `The data folder ${path}/data cannot be made (ENOTDIR); set VASINI_DATA_DIR to a folder you may write to.`,
    });
  });

  it("that the system refuses ends npm start with one sentence and code 1", async () => {
    // A folder that is there and takes no children: Node's recursive mkdir never returns from it.
    const start = spawn(process.execPath, [join(import.meta.dirname, "../../src/local/start.ts")], {
      env: { ...process.env, VASINI_DATA_DIR: "/proc/nope", PORT: "0" },
    });
    let said = "";
    start.stderr.on("data", (piece) => {
      said += String(piece);
    });
    const [code] = await once(start, "close");
    expect(code).toBe(1);
    expect(said).toMatch(
      /^The data folder \/proc\/nope cannot be made \(\w+\); set VASINI_DATA_DIR to a folder you may write to\.\n$/,
    );
  });
});
