/** The loop counter that is built into the engine, on a module small enough to read. */
import { describe, expect, it } from "vitest";
import { meterLoops } from "../../src/policy/meter-wasm.ts";

const vector = (items: readonly (readonly number[])[]): number[] => [items.length, ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);
const section = (id: number, body: readonly number[]): number[] => [id, ...sized(body)];

/** Imports `m.tick`, has one global, and exports `run(rounds)` with this body. */
const moduleOf = (body: readonly number[]): Uint8Array =>
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      vector([
        [0x60, 1, 0x7f, 1, 0x7f],
        [0x60, 1, 0x7f, 0],
      ]),
    ),
    ...section(2, vector([[...name("m"), ...name("tick"), 0, 0]])),
    ...section(3, vector([[1]])),
    ...section(6, vector([[0x7f, 1, 0x41, 9, 0x0b]])),
    ...section(7, vector([[...name("run"), 0, 1]])),
    ...section(10, vector([sized([0, ...body, 0x0b])])),
  ]);

const LOOP = [0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b]; // loop: if (--rounds) continue
const NESTED = [0x03, 0x40, ...[0x03, 0x40, 0x0b], ...LOOP.slice(2)]; // a loop inside that runs once a round

const GUARDED = [0x06, 0x40, ...LOOP, 0x19, 0x0b]; // the same where everything that is thrown is caught

type Run = { run(rounds: number): void; counter: WebAssembly.Global };

function instantiate(body: readonly number[], period: number, tick: () => number): Run {
  const bytes = meterLoops(moduleOf(body), { tick: "tick", counter: "counter", period });
  // By reflection, because the Workers types say that a module cannot be made at run time. Node can.
  const module: WebAssembly.Module = Reflect.construct(WebAssembly.Module, [bytes]);
  return new WebAssembly.Instance(module, { m: { tick } }).exports as unknown as Run; // its two exports, by name
}

describe("meterLoops", () => {
  for (const [title, body, period, rounds, ticks] of [
    ["calls tick once a period", LOOP, 4, 10, 2],
    ["does not call it before a period is over", LOOP, 4, 3, 0],
    ["counts each round of nested loops", NESTED, 4, 10, 5],
    ["counts where exceptions are caught", GUARDED, 4, 10, 2],
    ["takes a period that needs several bytes", LOOP, 300, 900, 3],
    ["takes a period whose last byte would read as negative", LOOP, 64, 128, 2],
  ] as const) {
    it(title, () => {
      let calls = 0;
      const { run } = instantiate(body, period, () => ++calls);
      run(rounds);
      expect(calls).toBe(ticks);
    });
  }

  it("lets tick end a loop by throwing", () => {
    const { run } = instantiate(LOOP, 4, () => {
      throw new Error("enough");
    });
    expect(() => run(2 ** 31 - 1)).toThrow("enough");
  });

  it("exports the counter, so that a host can hold ticks up", () => {
    let calls = 0;
    const { run, counter } = instantiate(LOOP, 4, () => ++calls);
    counter.value = 1_000_000;
    run(1_000);
    expect([calls, counter.value]).toEqual([0, 999_000]);
  });

  it("refuses an instruction it does not know rather than lose a loop behind it", () => {
    expect(() => meterLoops(moduleOf([0xfd, 0x0c]), { tick: "tick", counter: "counter", period: 4 })).toThrow(/0xfd/);
  });

  it("refuses a module without the function to call", () => {
    const options = { tick: "tock", counter: "counter", period: 4 };
    expect(() => meterLoops(moduleOf(LOOP), options)).toThrow(/imports no function tock/);
  });
});
