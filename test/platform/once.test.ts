/** What is made on first use is made once. */
import { expect, it } from "vitest";
import { once } from "../../src/platform/index.ts";

it("makes nothing before it is asked, and one thing however often it is", () => {
  let made = 0;
  const value = once(() => {
    made += 1;
    return undefined;
  });
  expect(made).toBe(0);
  value();
  value();
  expect(made).toBe(1);
});

it("tries again after it threw", () => {
  let tries = 0;
  const value = once(() => {
    tries += 1;
    if (tries === 1) throw new Error("not yet");
    return tries;
  });
  expect(value).toThrow("not yet");
  expect(value()).toBe(2);
});
