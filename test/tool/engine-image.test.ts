/** An engine's image is the same from every build, and what is resumed from it is what was taken. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { buildScriptImage } from "../../scripts/engine-image.ts";
import { Engine } from "../../src/tool/workers/code-executor/engine.ts";
import { parseImage } from "../../src/tool/workers/image.ts";
import { builtParts } from "./workers/built.ts";

const SCRIPT = `
  const begun = [__host("now"), Date.now(), Math.random()];
  globalThis.__begun = () => begun.join();
  globalThis.__double = (text) => text + text;`;
const HOOKS = ["__begun", "__double"];

const { wasm } = builtParts();
const build = (hooks: readonly string[] = HOOKS, script = SCRIPT): Promise<Uint8Array> =>
  buildScriptImage(readFileSync(join(import.meta.dirname, "../../dist/assets/engine/quickjs.wasm")), script, hooks);

const program = process.argv[1] ?? "";
/** As another machine would build it, at another time. */
function stubMachine(path: string, language: string, time: number): void {
  process.argv[1] = path;
  vi.stubGlobal("navigator", { language });
  vi.useFakeTimers({ toFake: ["Date"], now: time });
}

afterEach(() => {
  process.argv[1] = program;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function resume<T>(hooks: readonly string[], work: (engine: Engine) => Promise<T>): Promise<T> {
  const image = parseImage(await build());
  const randomBytes = (into: Uint8Array) => void into.fill(7);
  const limits = { memoryBytes: 2 ** 24, stackBytes: 2 ** 18, tick: () => 0 };
  return Engine.resume({ wasm, image, hooks, randomBytes, ...limits }, [], work);
}

describe("an engine's image", () => {
  it("has the same bytes whoever builds it, wherever and whenever", async () => {
    stubMachine("/first/place/build.ts", "en-US", 1_700_000_000_000);
    const one = await build();
    stubMachine("/second/place/of/another/length/build.ts", "de-DE", 1_800_000_000_123);
    expect(Buffer.compare(one, await build())).toBe(0);
  });

  it("holds nothing of the machine that built it", async () => {
    stubMachine("/first/place/build.ts", "tlh-QO", 1_700_000_000_000);
    const image = Buffer.from(await build());
    expect(["/first/place", "tlh_QO"].filter((text) => image.includes(text))).toEqual([]);
  });

  it("is not made of a script that asks for local time", async () => {
    const asks = `${SCRIPT} new Date().getHours();`;
    await expect(build(HOOKS, asks)).rejects.toThrow("must not ask for local time");
  });

  it("is not made of a script that leaves no function where the host looks for one", async () => {
    await expect(build([...HOOKS, "__absent"])).rejects.toThrow("it leaves no function __absent");
    await expect(build([...HOOKS, "Math"])).rejects.toThrow("it leaves no function Math");
  });
});

describe("an engine resumed from its image", () => {
  it("has its hooks by their names, and no longer as globals", async () => {
    await resume(HOOKS, async (engine) => {
      const doubled = await engine.call(engine.hook("__double"), [engine.text("ab")]);
      expect(engine.textOf(doubled.ok ? doubled.value : 0)).toBe("abab");
      const seen = await engine.evaluate("typeof __double + typeof __begun", { file: "a.js", async: false });
      expect(engine.textOf(seen.ok ? seen.value : 0)).toBe("undefinedundefined");
    });
  });

  for (const [name, hooks] of [
    ["fewer hooks", ["__begun"]],
    ["more hooks", [...HOOKS, "__more"]],
  ] as const) {
    it(`is refused with ${name} than the image was made with`, async () => {
      await expect(resume(hooks, async () => undefined)).rejects.toThrow(
        `the image holds 2 hooks, not ${hooks.length}`,
      );
    });
  }
});
