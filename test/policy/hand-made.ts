/** Modules with the face of a compiled policy that no compiler made: what a hostile publisher would send. */

const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const name = (value: string): number[] => sized(text(value));
const section = (id: number, body: readonly number[]): number[] => [id, ...sized(body)];
const unsigned = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 0x80, ...unsigned(Math.floor(value / 128))];
/** `i32.const` of a number below 8192. */
const constant = (value: number): number[] =>
  value < 64 ? [0x41, value] : [0x41, (value % 128) | 0x80, Math.floor(value / 128)];

const I32 = 0x7f;
const signature = (parameters: number): number[] => [0x60, ...vector(Array(parameters).fill([I32])), 1, I32];

const [BUILTINS_AT, ENTRIES_AT, ANSWER_AT, FREE_AT] = [16, 512, 1_024, 4_096];

export const LOOP = [0x03, 0x40, 0x0c, 0, 0x0b, ...constant(0)]; // loop: continue
/** Of the next depth, which the first parameter has; `opa_eval` is function 6. */
const DEEPER = [0x20, 0, ...constant(1), 0x6a, ...Array(7).fill([0x20, 1]).flat(), 0x10, 6];
/** Calls itself twice, 40 deep: without a loop, and longer than anybody can wait. */
export const RECURSION = [
  0x20,
  0,
  ...constant(40),
  0x4f,
  0x04,
  I32,
  ...constant(0),
  0x05,
  ...DEEPER,
  ...DEEPER,
  0x6a,
  0x0b,
];
/** Asks for memory until it gets none, and answers from behind all of it. */
export const GREED = [0x03, 0x40, 0x41, 1, 0x40, 0, 0x41, 0x7f, 0x47, 0x0d, 0, 0x0b, 0x41, 0x7f];
export const ANSWER = constant(ANSWER_AT);
/** Does this so often, which leaves nothing on the stack, and then answers. */
export const repeated = (times: number, code: readonly number[]): number[] => [
  ...[0x03, 0x40, ...code, 0x20, 0, ...constant(1), 0x6a, 0x22, 0, ...constant(times), 0x49, 0x0d, 0, 0x0b],
  ...ANSWER,
];
export const written = (times: number, code: readonly number[]): number[] => Array(times).fill(code).flat();
export const LONG_BODY = written(30_000, [...constant(0), 0x1a]);
export const GROWTH_BY_NOTHING = written(1_000, [...constant(0), 0x40, 0, 0x1a]);
export const DIVISIONS = written(10_000, [...constant(1), ...constant(1), 0x6d, 0x1a]);
/** Of the one function that is imported. */
export const HOST_CALLS = written(10_000, [...constant(0), 0x10, 0]);
/** Of the function that is the last one when nothing is imported. */
export const HELPER_CALL = [0x10, 7, 0x1a];

type Parts = {
  /** Of its evaluation, a function of eight numbers. */
  readonly body: readonly number[];
  readonly builtins?: object;
  readonly entries?: object;
  readonly answer?: string;
  /** Functions of a number, which give nothing, or one too. The own ones come behind them. */
  readonly imports?: readonly (readonly [module: string, name: string, gives?: "number"])[];
  /** Of its evaluation, and of a function without parameters. */
  readonly locals?: number;
  readonly helperLocals?: number;
};

const ALLOW = [{ result: { effect: "allow", reasons: [], obligations: [] } }];

export function handMade({
  body,
  builtins = {},
  entries,
  answer = JSON.stringify(ALLOW),
  imports = [],
  locals = 0,
  helperLocals = 0,
}: Parts): Uint8Array<ArrayBuffer> {
  const functions: readonly (readonly [name: string, parameters: number, body: readonly number[]])[] = [
    ["builtins", 0, constant(BUILTINS_AT)],
    ["entrypoints", 0, constant(ENTRIES_AT)],
    ["opa_json_dump", 1, [0x20, 0]],
    ["opa_malloc", 1, constant(FREE_AT)],
    ["opa_json_parse", 2, constant(0)],
    ["opa_heap_ptr_get", 0, constant(FREE_AT)],
    ["opa_eval", 8, body],
    ["helper", 0, constant(0)],
  ];
  const localsOf = (called: string) => {
    const count = called === "helper" ? helperLocals : called === "opa_eval" ? locals : 0;
    return vector([[...unsigned(count), I32]]);
  };
  const signatures = [0, 1, 2, 8];
  const data = (at: number, value: string) => [0, ...constant(at), 0x0b, ...sized([...text(value), 0])];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([...signatures.map(signature), [0x60, 1, I32, 0]])),
    ...section(
      2,
      vector([
        [...name("env"), ...name("memory"), 2, 0, 1],
        ...imports.map(([from, field, gives]) => [
          ...[...name(from), ...name(field), 0],
          gives === "number" ? signatures.indexOf(1) : signatures.length,
        ]),
      ]),
    ),
    ...section(3, vector(functions.map(([, parameters]) => [signatures.indexOf(parameters)]))),
    ...section(6, vector([[I32, 1, 0x41, 0, 0x0b]])),
    ...section(7, vector(functions.map(([called], at) => [...name(called), 0, imports.length + at]))),
    ...section(10, vector(functions.map(([called, , code]) => sized([...localsOf(called), ...code, 0x0b])))),
    ...section(
      11,
      vector([
        data(BUILTINS_AT, JSON.stringify(builtins)),
        data(ENTRIES_AT, JSON.stringify(entries ?? { "vasini/authz/decision": 0 })),
        data(ANSWER_AT, answer),
      ]),
    ),
  ]);
}
