/** Packs' own tools as a task's object calls them, in the real runtime: real registry, real loader, real isolates. */
import fc from "fast-check";
import { describe, expect, inject, it } from "vitest";
import { isolateId } from "../../src/tool/isolate.ts";
import { CONSOLE_CHARS_MAX } from "../../src/tool/limits.ts";
import { callOn, env, hostFor, runPackTool, type Setup } from "./pack-tool-host.ts";
import { SCOPED } from "./samples.ts";

describe("a pack's own tool", () => {
  it("runs in an isolate with its arguments and files, and its writes are staged", async () => {
    const body = "context.files.write('b.txt', context.files.read('a.txt')); console.log('copied'); return args.n * 2";
    expect(await runPackTool(body, { n: 21 })).toMatchObject({
      success: true,
      result: 42,
      changes: [{ kind: "put", path: "/workspace/b.txt", text: "of tenant-123" }],
      console: "copied\n",
    });
  });

  it("runs from a tenant's own shelf too", async () => {
    expect(await runPackTool("return 'own'", {}, { owner: "tenant-123" })).toMatchObject({
      success: true,
      result: "own",
    });
  });

  it("draws random numbers of its own in every call", async () => {
    const { host, owner } = await hostFor("return Math.random()");
    const draw = async () => (await callOn(host, { tenant: "tenant-123", args: {}, owner })).result;
    expect(await draw()).not.toBe(await draw());
  });

  it("finds what it was loaded with in every call, and nothing of an earlier one", async () => {
    const top = "const primes = [2, 3, 5]; let calls = 0; globalThis.all = new Set();";
    const { host, owner } = await hostFor("primes.push(args.n); all.add(args.n); return [++calls, primes, [...all]]", {
      top,
    });
    const call = async (n: number) => (await callOn(host, { tenant: "tenant-123", args: { n }, owner })).result;
    const [first, ...together] = [await call(1), ...(await Promise.all([call(2), call(3)])), await call(4)];
    expect([first, ...together]).toEqual([1, 2, 3, 4].map((n) => [1, [2, 3, 5, n], [n]]));
  });

  it("has its own call's random numbers and console also from its load", async () => {
    const { host, owner } = await hostFor("return drawn", {
      top: "console.log('loaded'); const drawn = Math.random();",
    });
    const call = () => callOn(host, { tenant: "tenant-123", args: {}, owner });
    const [one, other] = [await call(), await call()];
    expect(other.result).not.toBe(one.result);
    expect([one.console, other.console]).toEqual(["loaded\n", "loaded\n"]);
  });

  it("is offered to the model with what it says of itself", async () => {
    const { catalog } = await hostFor("return 1");
    expect(catalog.offered).toEqual([{ id: "mine", description: "Mine", parameters: { type: "object" } }]);
  });

  it("reaches no network when its pack gives it none", async () => {
    const body = "return (await context.fetch('https://example.com/')).status";
    expect(await runPackTool(body)).toMatchObject({ success: false, error: { code: "EGRESS_DENIED" } });
  });

  it("has its console cut to what is kept, also when it fails", async () => {
    const outcome = await runPackTool("console.log('x'.repeat(20000)); throw new Error('mine')");
    expect(outcome).toMatchObject({ success: false, error: { code: "TOOL_FAILED", message: "Error: mine" } });
    expect(outcome.console?.length).toBe(CONSOLE_CHARS_MAX + "\n[cut]\n".length);
  });

  it("that meets a limit after a request that was answered is in doubt, and the next call finds nothing of it", async () => {
    const origin = inject("outside").origin;
    const body = `
      const before = globalThis.left ?? null;
      globalThis.left = 1;
      const { status } = await context.fetch("${origin}/echo", { method: "POST", body: "pay" });
      for (const all = new Map(); args.fill; all.set("key " + all.size, { n: all.size }));
      return [before, status];`;
    const sandbox = `${SCOPED}, network: "full", memory_limit: "8Mi"`;
    const { host, owner } = await hostFor(body, { sandbox, localOrigins: [origin] });
    const pay = (fill: boolean) => callOn(host, { tenant: "tenant-123", args: { fill }, owner });
    expect(await pay(false)).toMatchObject({ success: true, result: [null, 200] });
    expect(await pay(true)).toMatchObject({ success: false, error: { code: "TOOL_LIMIT" }, isInDoubt: true });
    expect(await pay(false)).toMatchObject({ success: true, result: [null, 200] });
  });

  it("that loops is stopped at its timeout, and others are answered meanwhile", async () => {
    const setup = { sandbox: `timeout: "120s", ${SCOPED}` };
    const order: string[] = [];
    const stop = new AbortController();
    const endless = runPackTool("for (;;) {}", {}, { ...setup, signal: stop.signal }).then(
      () => order.push("ended"),
      () => order.push("stopped"),
    );
    expect(await runPackTool("return 1", {}, setup).then(({ result }) => order.push("quick") && result)).toBe(1);
    stop.abort();
    await endless;
    expect(order).toEqual(["quick", "stopped"]);
    const limited = await runPackTool("for (;;) {}", {}, { sandbox: `timeout: "1s", ${SCOPED}` });
    expect(limited).toMatchObject({ error: { code: "TOOL_TIMEOUT" }, changes: [] });
  });

  it("whose code the registry does not have cannot be started", async () => {
    expect(await runPackTool("return 'unpublished'", {}, { publish: false })).toMatchObject({
      success: false,
      error: { code: "TOOL_FAILED", message: "mine could not be started" },
    });
  });

  it("whose stored code is not the code that was published is not run", async () => {
    const { host, owner, digest } = await hostFor("return 'published'");
    await env.PACKS.put(`${owner}/tools/${digest}.js`, "var __tool = { default: { run: () => 'other' } };");
    const outcome = await callOn(host, { tenant: "tenant-123", args: {}, owner });
    expect(outcome).toMatchObject({ success: false, error: { message: "mine could not be started" } });
  });

  it("may be repeated after a crash when nothing of it can leave its isolate, or when it says so", async () => {
    const net = 'network: "egress_allowlist", egress_allowlist: ["api.example.com"]';
    const repeats = async (setup: Setup) => (await hostFor("", setup)).catalog.mayRepeat("mine");
    expect(await repeats({})).toBe(true);
    expect(await repeats({ sandbox: net })).toBe(false);
    expect(await repeats({ sandbox: net, more: "idempotent: true" })).toBe(true);
    expect(await repeats({ sandbox: net, more: "read_only: true" })).toBe(true);
  });
});

describe("tenants with the same pack", () => {
  it("never share an isolate, nor the files of a call", async () => {
    const tenants = ["tenant-a", "tenant-b", "tenant-A", "tenant-a.b"];
    // The engine is fresh for every call, so whatever a call sees of another could only come from its files.
    const body =
      "const seen = [context.files.read('a.txt'), globalThis.last ?? null]; globalThis.last = 1; return seen";
    const { host, owner } = await hostFor(body);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...tenants), { minLength: 2, maxLength: 8 }), async (order) => {
        const seen = await Promise.all(order.map((tenant) => callOn(host, { tenant, args: {}, owner })));
        expect(seen.map(({ result }) => result)).toEqual(order.map((tenant) => [`of ${tenant}`, null]));
      }),
      { numRuns: 20 },
    );
  });

  it("have isolates of different names, whatever the code and the policy are", async () => {
    const tenant = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/);
    const digest = fc.string({ maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(tenant, tenant, digest, digest, digest, digest, async (a, b, c1, c2, p1, p2) => {
        fc.pre(a !== b);
        const [one, other] = await Promise.all([
          isolateId({ tenant: a, engine: { digest: c1 }, policyDigest: p1 }),
          isolateId({ tenant: b, engine: { digest: c2 }, policyDigest: p2 }),
        ]);
        expect(one).not.toBe(other);
      }),
    );
  });
});
