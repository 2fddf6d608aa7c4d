/** What a tenant's policy may do in its isolate: compiled ones are answered, and no hostile one holds the thread. */
import { describe, expect, it } from "vitest";
import { FUEL, FUEL_EXPORT, HOST, type Machine, startMachine } from "../../../src/policy/isolate/machine.ts";
import { meterFuel } from "../../../src/policy/meter-fuel.ts";
import { CAREFUL, embedded, WASM } from "../default.ts";
import {
  ANSWER,
  DIVISIONS,
  GREED,
  GROWTH_BY_NOTHING,
  HELPER_CALL,
  HOST_CALLS,
  handMade,
  LONG_BODY,
  LOOP,
  RECURSION,
  repeated,
  written,
} from "../hand-made.ts";
import { toolQuestion } from "../questions.ts";

/** By reflection, because the Workers types say that a module cannot be made at run time. Node can. */
const compiled = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => Reflect.construct(WebAssembly.Module, [bytes]);
const start = (bytes: Uint8Array): Machine =>
  startMachine(compiled(meterFuel(bytes, { counter: FUEL_EXPORT, fuel: FUEL, host: HOST })));

const ZERO = [0x41, 0];
const IF = [...ZERO, 0x04, 0x40, 0x0b];
const asked = (id: string) => JSON.stringify(toolQuestion({ tool: { id, risk_level: "low", labels: [] } }));
const resultOf = (json: string): unknown => JSON.parse(json)[0]?.result;

describe("a compiled policy", () => {
  it("decides as it does where it is trusted", async () => {
    const machine = start(WASM);
    for (const question of [toolQuestion(), toolQuestion({ needs: ["Why."] }), toolQuestion({ tenant: "" })]) {
      const { effect, reasons, obligations } = await embedded().decide(question);
      expect(resultOf(machine.ask(JSON.stringify(question)))).toEqual({ effect, reasons, obligations });
    }
  });

  it("answers one question after the other", () => {
    const machine = start(CAREFUL);
    expect(resultOf(machine.ask(asked("git")))).toMatchObject({ effect: "allow" });
    expect(resultOf(machine.ask(asked("file_manager")))).toMatchObject({ effect: "deny" });
    expect(machine.ask(asked("http_request"))).toBe("[]");
    expect(() => machine.ask(asked("code_executor"))).toThrow(/gave up: .*conflict/);
  });

  it("has fuel for a question a thousand times as long as any is", () => {
    const tool = { id: "git", risk_level: "low", labels: [] } as const;
    const long = JSON.stringify(toolQuestion({ tool, needs: ["x".repeat(200_000)] }));
    expect(resultOf(start(CAREFUL).ask(long))).toMatchObject({ effect: "allow" });
  });
});

describe("a module that somebody made by hand", () => {
  it("is asked like any other", () => {
    expect(resultOf(start(handMade({ body: ANSWER })).ask("{}"))).toMatchObject({ effect: "allow" });
  });

  it("takes a question that is longer than its memory", () => {
    const long = JSON.stringify(toolQuestion({ needs: ["x".repeat(3_000_000)] }));
    expect(resultOf(start(handMade({ body: ANSWER })).ask(long))).toMatchObject({ effect: "allow" });
  });

  for (const [name, body, fault] of [
    ["that loops for ever", LOOP, "unreachable"],
    ["that calls itself for ever", RECURSION, "unreachable"],
    ["that takes all memory and answers from outside of it", GREED, "Its answer has no end."],
  ] as const) {
    it(`${name} ends`, () => {
      const machine = start(handMade({ body }));
      expect(() => machine.ask("{}")).toThrow(fault);
    });
  }

  /** Few rounds of much work each: `few` of it fit into the fuel, `many` do not. */
  const work: readonly (readonly [
    string,
    { few: number; many: number; code: readonly number[]; helperLocals?: number },
  ])[] = [
    ["a round of a loop by its length", { few: 1_000, many: 1_500, code: LONG_BODY }],
    ["growing its memory, by nothing too", { few: 150, many: 250, code: GROWTH_BY_NOTHING }],
    ["a division", { few: 150, many: 250, code: DIVISIONS }],
    ["a call by the locals of what is called", { few: 4_000, many: 6_000, code: HELPER_CALL, helperLocals: 20_000 }],
  ];
  it.each(work)("pays for %s", (_name, { few, many, code, ...parts }) => {
    const ask = (times: number) => start(handMade({ body: repeated(times, code), ...parts })).ask("{}");
    expect(resultOf(ask(few))).toMatchObject({ effect: "allow" });
    expect(() => ask(many)).toThrow("unreachable");
  });

  it("pays for a call of the host", () => {
    const imports = [["env", "opa_println"]] as const;
    const ask = (times: number) => start(handMade({ body: repeated(times, HOST_CALLS), imports })).ask("{}");
    expect(resultOf(ask(50))).toMatchObject({ effect: "allow" });
    expect(() => ask(150)).toThrow("unreachable");
  });

  it("whose answer does not end is not read beyond what a decision may have", () => {
    const endless = handMade({ body: ANSWER, answer: `"${"x".repeat(100_000)}"` });
    expect(() => start(endless).ask("{}")).toThrow("Its answer has no end.");
  });

  it.each([
    [
      "needs a function of the host",
      { builtins: { sprintf: 0, "time.now_ns": 1 } },
      "not compiled in: sprintf, time.now_ns",
    ],
    ["decides something else", { entries: { "other/allow": 0 } }, "no entry point vasini/authz/decision"],
    [
      "has its decision at no number",
      { entries: { "vasini/authz/decision": "0" } },
      "no entry point vasini/authz/decision",
    ],
    ["does not say what it needs", { builtins: null as unknown as object }, "does not say what it has"],
  ])("that %s is told so", (_name, parts, fault) => {
    expect(() => start(handMade({ body: ANSWER, ...parts }))).toThrow(fault);
  });

  it.each([
    ["a built-in function of JavaScript", ["constructor", "entries"]],
    ["what every object has", ["env", "toString"]],
    ["a name that is no policy's", ["env", "stolen"]],
    ["a known name from elsewhere", ["other", "opa_abort"]],
    ["a module whose name only looks the same", ["\uFEFFenv", "opa_abort"]],
    ["a function of another type than it has", ["env", "opa_abort", "number"]],
  ] as const)("that imports %s is not metered", (_name, imported) => {
    expect(() => start(handMade({ body: ANSWER, imports: [imported] }))).toThrow(`${imported[0]}.${imported[1]}`);
  });

  it.each([
    ["catches what it is ended by", [0x06, 0x40, 0x19, 0x0b], 0x06],
    ["catches it in the newer form", [0x1f, 0x40, 0x00, 0x0b], 0x1f],
    ["throws", [0x08, 0], 0x08],
    ["handles a table", [...ZERO, 0x25, 0, 0x1a], 0x25],
    ["handles references", [0xd2, 0, 0x1a], 0xd2],
    ["fills memory in bulk", [...ZERO, ...ZERO, ...ZERO, 0xfc, 11, 0], 0xfc],
    ["converts numbers in a later form", [0x43, 0, 0, 0, 0, 0xfc, 0, 0x1a], 0xfc],
  ])("that %s is not metered", (_name, code, opcode) => {
    const fault = `instruction 0x${opcode.toString(16)} is not known`;
    expect(() => start(handMade({ body: [...code, ...ANSWER] }))).toThrow(fault);
  });

  const onHighStack = (code: readonly number[]) => [...written(3_000, ZERO), ...code, ...written(3_000, [0x1a])];
  it.each([
    ["a block beside many locals", 20_000, (times: number) => written(times, IF)],
    [
      "a branch beside many locals",
      20_000,
      (times: number) => [0x02, 0x40, ...written(times, [...ZERO, 0x0d, 0]), 0x0b],
    ],
    [
      "a target beside many locals",
      20_000,
      (times: number) => [
        0x02,
        0x40,
        ...ZERO,
        0x0e,
        ...(times < 128 ? [times] : [(times - 128) | 0x80, 1]),
        ...written(times, [0]),
        0,
        0x0b,
      ],
    ],
    ["a block on a high stack", 0, (times: number) => onHighStack(written(8 * times, IF))],
  ])("that has more to compile than there is to run is not metered: %s", (_name, locals, code) => {
    const made = (times: number) => handMade({ body: [...code(times), ...ANSWER], locals });
    expect(resultOf(start(made(100)).ask("{}"))).toMatchObject({ effect: "allow" });
    expect(() => start(made(250))).toThrow("too many locals, values and blocks");
  });

  it("that imports another memory is not metered", () => {
    const bytes = handMade({ body: ANSWER });
    bytes.set(new TextEncoder().encode("stolen"), Buffer.from(bytes).indexOf("memory"));
    expect(() => start(bytes)).toThrow("env.stolen");
  });

  it("finds nothing among its imports that was not put there, whatever the meter lets through", () => {
    const host = { ...HOST, toString: { parameters: 1, results: 0 } } as const;
    const bytes = handMade({ body: ANSWER, imports: [["env", "toString"]] });
    const module = compiled(meterFuel(bytes, { counter: FUEL_EXPORT, fuel: FUEL, host }));
    expect(() => startMachine(module)).toThrow(/toString/);
  });

  it("that is not metered is not started", () => {
    expect(() => startMachine(compiled(handMade({ body: ANSWER })))).toThrow("It is not metered.");
  });
});
