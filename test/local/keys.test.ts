/** Keys that are made once, kept privately, and never replace what the operator set. */
import { mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withGeneratedKeys } from "../../src/local/keys.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vasini-keys-"));
  await mkdir(join(folder, "keys"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("generated keys", () => {
  it("are made once and stay the same", async () => {
    const first = await withGeneratedKeys({}, folder);
    expect(Object.keys(first).sort()).toEqual([
      "ADMIN_API_KEY",
      "AUDIT_SIGNING_KEY",
      "KEY_PEPPER",
      "SECRETS_MASTER_KEY",
    ]);
    for (const key of Object.values(first)) expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await withGeneratedKeys({}, folder)).toEqual(first);
  });

  it("are the same for two starts at once", async () => {
    const [one, other] = await Promise.all([withGeneratedKeys({}, folder), withGeneratedKeys({}, folder)]);
    const kept = (await readFile(join(folder, "keys/ADMIN_API_KEY"), "utf8")).trim();
    expect([one?.ADMIN_API_KEY, other?.ADMIN_API_KEY]).toContain(kept);
  });

  it("can be read by their owner only", async () => {
    await withGeneratedKeys({}, folder);
    expect((await stat(join(folder, "keys/ADMIN_API_KEY"))).mode & 0o777).toBe(0o600);
  });

  it("give way to a key that was set", async () => {
    expect(await withGeneratedKeys({ ADMIN_API_KEY: "mine" }, folder)).toMatchObject({ ADMIN_API_KEY: "mine" });
  });
});
