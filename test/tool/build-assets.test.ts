/** The assets are built from what is here, and building twice changes nothing. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const build = (): string =>
  execFileSync(process.execPath, [join(ROOT, "scripts/build-assets.ts")], { encoding: "utf8" });
const asset = (path: string): string => join(ROOT, "dist/assets", path);

const ASSETS = [
  ...["engine/bash.js", "engine/code-executor.js", "engine/file-manager.js", "engine/guest.txt", "engine/strip.txt"],
  ...[
    "engine/quickjs.wasm",
    "engine/python.image",
    "engine/python.js",
    "engine/python.wasm",
    "engine/python-library.zip",
    "engine/python-trampoline.wasm",
    "engine/shell.image",
    "docs/swagger-ui-bundle.js",
    "docs/swagger-ui.css",
  ],
];

describe("build-assets", () => {
  it("makes every asset, and writes none of them a second time", () => {
    build();
    const times = () => ASSETS.map((path) => statSync(asset(path)).mtimeMs);
    const before = times();
    expect(build()).toBe("assets are up to date\n");
    expect(times()).toEqual(before);
  });

  it("puts no path of this machine and no import but the platform's into an engine", () => {
    build();
    for (const path of ASSETS.filter((path) => /^engine\/.*(js|txt)$/.test(path))) {
      const code = readFileSync(asset(path), "utf8");
      expect(code).not.toContain(ROOT);
      const imports = [...code.matchAll(/\bfrom"([^"]+)"/g)].map((match) => match[1]);
      // Beside it in the isolate, or the platform's own.
      const allowed = /^(?:cloudflare:workers|\.\/[\w-]+\.(?:txt|wasm|image|zip))$/;
      expect(imports.filter((name) => !allowed.test(name ?? ""))).toEqual([]);
    }
  });
});
