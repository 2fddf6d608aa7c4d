/** What the build leaves out of packages: nothing that our calls go through, and never in silence. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toUnreached } from "../../scripts/unreached.ts";
import { WORKER_BUILD } from "../../scripts/worker-bundle.ts";
import { describeProvider } from "../case/model-wire/provider.case.ts";
import { toServerRigs } from "../case/model-wire/rig.ts";

const PROVIDERS = join(import.meta.dirname, "../../src/model/providers");

/** @returns the exports of what `contents` is built to. */
async function load<Exports>(contents: string, folder: string, plugins: readonly Plugin[]): Promise<Exports> {
  const stdin = { contents, resolveDir: folder };
  const { outputFiles } = await build({ ...WORKER_BUILD, plugins: [...plugins], stdin, logLevel: "silent" });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`);
}

describe("the providers of the upload", async () => {
  const makers = await load<Parameters<typeof toServerRigs>[0]>(
    'export { createAnthropicProvider } from "./anthropic.ts"; export { createOpenAiProvider } from "./openai.ts";',
    PROVIDERS,
    WORKER_BUILD.plugins,
  );
  for (const rig of toServerRigs(makers)) describeProvider(rig);
});

type Row = Parameters<typeof toUnreached>[0][number];
type Sdk = { readonly Client: new () => Readonly<Record<"used" | "left", object>>; readonly help: () => void };

describe("a package of which a part is never reached", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "unreached-"));
    const files = {
      "index.js": `import { Used } from "./parts/used.js"; import { help, Left } from "./parts/left.js"; export { help };
        export class Client { used = new Used(); left = new Left(); }`,
      "parts/used.js": 'export class Used { ask() { return "answered"; } }',
      "parts/left.js": "export class Left { ask() {} }; export function help() {}",
    };
    await mkdir(join(folder, "node_modules/sdk/parts"), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, "node_modules/sdk", name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const loadWith = (row: Partial<Row> = {}) => {
    const sdk: Row = { package: "sdk", leaves: /^parts\//, keeps: ["parts/used.js"], ...row };
    return load<Sdk>('export { Client, help } from "sdk";', folder, toUnreached([sdk]));
  };

  it("keeps what is reached, and makes of the rest objects without members", async () => {
    const { Client } = await loadWith();
    const { used, left } = new Client();
    expect(["ask" in used, "ask" in left]).toEqual([true, false]);
  });

  it("says what is not there when it is called all the same", async () => {
    const { help } = await loadWith();
    expect(help).toThrow("help of sdk/parts/left.js is not in this bundle");
  });

  it("is not built once it has no longer what is kept", async () => {
    await expect(loadWith({ keeps: ["parts/used.js", "parts/gone.js"] })).rejects.toThrow("sdk has no parts/gone.js");
  });

  it("is not built once nothing would be left out", async () => {
    await expect(loadWith({ leaves: /^pieces\//, keeps: [] })).rejects.toThrow("sdk has no module to leave out");
  });
});
