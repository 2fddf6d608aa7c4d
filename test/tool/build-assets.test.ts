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
  ...["engine/bash.js", "engine/code-executor.js", "engine/file-manager.js"],
  ...[
    "engine/pack-tool.js",
    "engine/pack-tool.image",
    "engine/code-executor.image",
    "engine/strip.image",
    "engine/git.js",
    "engine/http-request.js",
    "engine/mcp.js",
    "engine/quickjs.wasm",
    "engine/python.image",
    "engine/python.js",
    "engine/digests.json",
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

  it("puts nothing of this machine into an image", () => {
    build();
    const images = ASSETS.filter((path) => path.endsWith(".image"));
    expect(images).toHaveLength(5);
    expect(images.filter((path) => readFileSync(asset(path)).includes(ROOT))).toEqual([]);
  });

  it("lets no engine that runs code draw its seed from numbers that tell the next ones", () => {
    build();
    for (const path of ["bash", "code-executor", "pack-tool", "python"].map((name) => `engine/${name}.js`)) {
      expect(readFileSync(asset(path), "utf8")).not.toContain("Math.random");
    }
  });

  it("puts no path of this machine and no import but the platform's into an engine", () => {
    build();
    for (const path of ASSETS.filter((path) => /^engine\/.*(js|txt)$/.test(path))) {
      const code = readFileSync(asset(path), "utf8");
      expect(code).not.toContain(ROOT);
      const imports = [...code.matchAll(/\b(?:im|ex)port\b[^;"'`]*\bfrom"([^"]+)"/g)].map((match) => match[1]);
      // What the loader hands over beside the code stands among the assets; a tool of a pack's own comes from its pack.
      const isBeside = (name = "") => name === "./bundle.txt" || ASSETS.includes(name.replace(/^\.\//, "engine/"));
      expect(imports.filter((name) => name !== "cloudflare:workers" && !isBeside(name))).toEqual([]);
    }
  });
});
