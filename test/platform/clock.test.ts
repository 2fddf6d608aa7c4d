/** The real clock's only promise with a shape: an abort ends a sleep, before it and during it. */
import { describe, expect, it } from "vitest";
import { systemClock, toRfc3339 } from "../../src/platform/index.ts";

const HOUR_MS = 3_600_000;

describe("the clock", () => {
  it("does not begin to sleep when it was aborted before", async () => {
    await expect(systemClock.sleep(HOUR_MS, AbortSignal.abort("why"))).rejects.toBe("why");
  });

  it("wakes with the reason of an abort", async () => {
    const abort = new AbortController();
    const sleep = systemClock.sleep(HOUR_MS, abort.signal);
    abort.abort("why");
    await expect(sleep).rejects.toBe("why");
  });

  it("wakes by itself", async () => {
    await expect(systemClock.sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it("writes time as RFC 3339 in UTC with milliseconds", () => {
    expect(toRfc3339(0)).toBe("1970-01-01T00:00:00.000Z");
  });
});
