/** `assert`, the part that small programs use to check themselves. */
import { inspect } from "./inspect.ts";

class AssertionError extends Error {
  override name = "AssertionError";
  readonly code = "ERR_ASSERTION";
}

const fail = (message: unknown, fallback: string): never => {
  throw message instanceof Error ? message : new AssertionError(message === undefined ? fallback : String(message));
};

/** Equal in structure: plain objects, arrays, maps, sets, dates; NaN equals itself. */
function isDeepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Map && b instanceof Map) return isDeepEqual([...a], [...b]);
  if (a instanceof Set && b instanceof Set) return isDeepEqual([...a], [...b]);
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return left.length === right.size && left.every(([key, item]) => right.has(key) && isDeepEqual(item, right.get(key)));
}

const ok = (value: unknown, message?: unknown): void => {
  if (!value) fail(message, `The expression evaluated to a falsy value: ${inspect(value)}`);
};
const strictEqual = (actual: unknown, expected: unknown, message?: unknown): void => {
  if (!Object.is(actual, expected)) fail(message, `Expected ${inspect(actual)} to be ${inspect(expected)}`);
};
const notStrictEqual = (actual: unknown, expected: unknown, message?: unknown): void => {
  if (Object.is(actual, expected)) fail(message, `Expected something other than ${inspect(expected)}`);
};
const deepStrictEqual = (actual: unknown, expected: unknown, message?: unknown): void => {
  if (!isDeepEqual(actual, expected)) fail(message, `Expected ${inspect(actual)} to equal ${inspect(expected)}`);
};
const throws = (run: () => unknown, expected?: unknown, message?: unknown): void => {
  try {
    run();
  } catch (thrown) {
    if (expected instanceof RegExp && !expected.test(String(thrown))) {
      fail(message, `${inspect(String(thrown))} does not match ${expected}`);
    }
    return;
  }
  fail(message, "Missing expected exception");
};

export const assert = Object.assign((value: unknown, message?: unknown) => ok(value, message), {
  ...{ AssertionError, ok, strictEqual, notStrictEqual, deepStrictEqual, throws },
  equal: strictEqual,
  notEqual: notStrictEqual,
  deepEqual: deepStrictEqual,
  fail: (message?: unknown) => fail(message, "Failed"),
});
