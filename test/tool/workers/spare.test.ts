/**
 * An instance that serves one call after another has nothing of the one before. Instances are compared by hand: a matcher
 * that fails would print all of their memory.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Reader } from "../../../src/policy/wasm-reader.ts";
import { SECTION } from "../../../src/policy/wasm-section.ts";
import { type Instance, instantiate } from "../../../src/tool/workers/code-executor/binding.ts";
import { Engine, type Evaluated } from "../../../src/tool/workers/code-executor/engine.ts";
import { HOOK_GLOBALS } from "../../../src/tool/workers/code-executor/protocol.ts";
import { keepSpare, takeInstance } from "../../../src/tool/workers/code-executor/spare.ts";
import { TICK_COUNTER } from "../../../src/tool/workers/code-executor/ticks.ts";
import type { Image } from "../../../src/tool/workers/image.ts";
import { STACK_BYTES_MAX, STACK_CLEANED_BYTES, TICK_LOOPS } from "../../../src/tool/workers/limits.ts";
import { builtParts, builtShell } from "./built.ts";

const MIB = 1024 * 1024;
const { wasm, image } = builtParts();

/** An image of its own for each test: what waits is known by it. */
const copy = (of: Image = image): Image => ({ ...of });
const make = (of: Image, memoryBytes = 16 * MIB): Promise<Instance> => takeInstance({ wasm, image: of, memoryBytes });

type Run = {
  readonly image: Image;
  readonly tick?: () => number;
  readonly memoryBytes?: number;
  readonly stackBytes?: number;
};

const evaluate = (run: Run, code: string): Promise<Evaluated> => {
  const { image, tick = () => 0, memoryBytes = 16 * MIB, stackBytes = STACK_BYTES_MAX } = run;
  const hooks = Object.values(HOOK_GLOBALS);
  const limits = { memoryBytes, stackBytes, tick, randomBytes: (into: Uint8Array) => void into.fill(7) };
  return Engine.resume({ wasm, image, hooks, ...limits }, [() => "="], (engine) =>
    engine.evaluate(code, { file: "a.js", async: false }),
  );
};

const BUSY = `
  globalThis.left = "a secret ".repeat(1000);
  Array.prototype.map = null;
  let all = [];
  for (let n = 0; n < 500; n++) all.push({ n, text: "text " + n, at: new Date(n), big: BigInt(n) ** 9n });
  const deep = (n) => n === 0 ? /(a+)+$/.test("a".repeat(12) + "b") : deep(n - 1);
  deep(100); Math.random(); Symbol.for("kept"); new Date().toLocaleString();
  try { deep(1e9) } catch {}
  all.length;`;

describe("an instance that is rewound", () => {
  it("is, to the last byte, what a new one is", async () => {
    const mine = copy();
    const one = await make(mine);
    keepSpare(mine, one);
    expect((await evaluate({ image: mine }, BUSY)).ok).toBe(true);
    expect((await make(mine)) === one).toBe(true);
    const made = await instantiate(wasm, { image, memoryBytes: 16 * MIB });
    expect(Buffer.compare(one.heap.bytes(), made.heap.bytes())).toBe(0);
  });

  it("counts from the same number", async () => {
    const mine = copy();
    let ticks = 0;
    const tick = () => ++ticks;
    // A round of the program is some eight of the interpreter.
    const rounds = (count: number) => evaluate({ image: mine, tick }, `for (let n = 0; n < ${count}; n++);`);
    for (let call = 0; call < 8; call++) await rounds(TICK_LOOPS / 16);
    expect(ticks).toBe(0);
    await rounds(TICK_LOOPS);
    expect(ticks).toBeGreaterThan(0);
  });

  it("has no state outside its memory but where its stack stands and what it counts", () => {
    const bytes = readFileSync(join(import.meta.dirname, "../../../dist/assets/engine/quickjs.wasm"));
    expect(mutableGlobals(bytes)).toBe(2);
    const exported = WebAssembly.Module.exports(wasm).filter(({ kind }) => kind !== "function");
    expect(exported).toMatchObject([{ kind: "global", name: TICK_COUNTER }]);
  });
});

describe("an instance is not kept", () => {
  it("when its stack went deeper than what is cleaned of it", async () => {
    const mine = copy();
    const one = await make(mine);
    keepSpare(mine, one);
    // Each frame takes as much of the engine's stack as it has variables, and the heap must not grow meanwhile.
    const variables = Array.from({ length: 2_000 }, (_, n) => `v${n}`).join();
    const endless = `const f = () => { var ${variables}; return f() + 1; }; try { f() } catch {} 1`;
    expect((await evaluate({ image: mine, stackBytes: STACK_BYTES_MAX }, endless)).ok).toBe(true);
    expect((await make(mine)) === one).toBe(true);
    keepSpare(mine, one);
    expect((await evaluate({ image: mine, stackBytes: 2 * STACK_CLEANED_BYTES }, endless)).ok).toBe(true);
    expect(one.heap.bytes().length).toBe(image.memoryBytes);
    expect((await make(mine)) === one).toBe(false);
  });

  it("when its memory has grown", async () => {
    const mine = copy();
    const one = await make(mine);
    keepSpare(mine, one);
    expect((await evaluate({ image: mine }, "globalThis.all = 'x'.repeat(4_000_000); 1")).ok).toBe(true);
    expect(one.heap.bytes().length).toBeGreaterThan(image.memoryBytes);
    expect((await make(mine)) === one).toBe(false);
  });

  it("when its program was stopped in the middle", async () => {
    const mine = copy();
    const one = await make(mine);
    keepSpare(mine, one);
    const tick = (): number => {
      throw new Error("stopped");
    };
    await expect(evaluate({ image: mine, tick }, "for (;;) {}")).rejects.toThrow("stopped");
    expect((await make(mine)) === one).toBe(false);
    expect(one.rewind(mine)).toBe(false);
  });

  it("for a call with another limit", async () => {
    const mine = copy();
    const one = await make(mine);
    keepSpare(mine, one);
    expect((await make(mine, 8 * MIB)) === one).toBe(false);
  });

  it("beside one that waits already, nor for two calls at once", async () => {
    const mine = copy();
    const [one, other] = [await make(mine), await make(mine)];
    expect(one === other).toBe(false);
    keepSpare(mine, one);
    keepSpare(mine, other);
    const [next, last] = await Promise.all([make(mine), make(mine)]);
    expect(next === last).toBe(false);
    expect([one, other].includes(next)).toBe(true);
    expect([one, other].includes(last)).toBe(false);
  });

  it("when it is as large as the shell", async () => {
    const shell = copy(builtShell().image);
    const one = await make(shell);
    keepSpare(shell, one);
    expect((await make(shell)) === one).toBe(false);
  });
});

/** Of a module's own. @see https://webassembly.github.io/spec/core/binary/modules.html#global-section */
function mutableGlobals(module: Uint8Array): number {
  const sections = new Reader(module, 8);
  while (sections.at < module.length) {
    const id = sections.byte();
    const length = sections.number();
    if (id === SECTION.global) break;
    sections.at += length;
  }
  let mutable = 0;
  for (let left = sections.number(); left > 0; left--) {
    sections.byte(); // its type
    mutable += sections.byte();
    while (sections.byte() !== 0x0b); // the expression that it starts with: a constant, which has no such byte here
  }
  return mutable;
}
