/** A worker that takes requests and answers none is started again; one that answers, or has ended, is left alone. */
import { describe, expect, it } from "vitest";
import { SILENCES_MAX } from "../../src/local/limits.ts";
import { createWatch } from "../../src/local/watch.ts";

const silent = (): Promise<Response> => Promise.reject(new DOMException("no answer", "TimeoutError"));
const refused = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));
const failing = (): Promise<Response> => Promise.resolve(new Response("busy", { status: 503 }));

/** How often the worker was started again after these looks. */
async function restartsAfter(answers: readonly (() => Promise<Response>)[]): Promise<number> {
  let restarts = 0;
  const rest = [...answers];
  const look = createWatch({ ask: () => (rest.shift() ?? refused)(), restart: () => void restarts++ });
  for (const _ of answers) await look();
  return restarts;
}
const times = (count: number, answer: () => Promise<Response>) => Array.from({ length: count }, () => answer);

describe("a worker", () => {
  it("that is silent so often in a row is started again, and has as long again after that", async () => {
    expect(await restartsAfter(times(SILENCES_MAX - 1, silent))).toBe(0);
    expect(await restartsAfter(times(SILENCES_MAX, silent))).toBe(1);
    expect(await restartsAfter(times(2 * SILENCES_MAX - 1, silent))).toBe(1);
    expect(await restartsAfter(times(2 * SILENCES_MAX, silent))).toBe(2);
  });

  for (const [name, answer] of [
    ["answers", failing],
    ["has ended", refused],
  ] as const) {
    it(`that ${name} in between is left alone`, async () => {
      const row = [...times(SILENCES_MAX - 1, silent), answer];
      expect(await restartsAfter([...row, ...row, ...row])).toBe(0);
    });
  }

  it("whose answer breaks off has answered", async () => {
    const broken = async () => new Response(new ReadableStream({ cancel: () => Promise.reject(new Error("cut")) }));
    expect(await restartsAfter([...times(SILENCES_MAX - 1, silent), broken, silent])).toBe(0);
  });

  it("is asked for no more of its answer than that there is one", async () => {
    const answer = new Response("words");
    await createWatch({ ask: async () => answer, restart: () => undefined })();
    expect(answer.bodyUsed).toBe(true);
  });
});
