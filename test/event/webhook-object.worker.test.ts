/**
 * The endpoint's object in the real runtime: it goes on after a crash, a database that is away and a ring in the middle,
 * and leaves nothing behind. Its clock stands an hour ahead, so no alarm comes by itself.
 */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import type { Endpoint } from "../../src/event/index.ts";
import { PASS_NET_MS } from "../../src/event/webhook-limits.ts";
import { assert, newWebhookId, type SqlRow, systemClock } from "../../src/platform/index.ts";
import { env } from "../api/gateway.ts";
import { patientClock } from "../api/ports.ts";
import { connectWorker, databaseOf, makeEndpoint, RECEIVER, tenantOf, webhooksOf } from "./database.ts";

beforeAll(connectWorker);

const START = Date.now() + 3_600_000;
let now = START;
let tenants = 0;
let endpoint: Endpoint;
/** What the receiver answers, and what happens meanwhile. */
let receive: (request: Request) => Promise<Response>;
let isDatabaseAway = false;
/** While `holding` the database's next request stays open for ever. */
let hold: "off" | "holding" | "held" = "off";
const received: Request[] = [];

beforeEach(async () => {
  endpoint = await makeEndpoint(tenantOf(`object-${++tenants}`));
  [now, isDatabaseAway, hold, received.length] = [START, false, "off", 0];
  receive = async () => new Response(null, { status: 204 });
  vi.spyOn(systemClock, "now").mockImplementation(() => now);
  vi.spyOn(systemClock, "sleep").mockImplementation(patientClock.sleep);
  const network = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const isDatabase = request.url.startsWith(inject("database").httpEndpoint);
    if (isDatabase && isDatabaseAway) throw new TypeError("refused");
    if (isDatabase && hold !== "off") {
      hold = "held";
      return new Promise<never>(() => undefined);
    }
    if (!request.url.startsWith(RECEIVER)) return network(request);
    received.push(request);
    return receive(request);
  });
});
afterEach(() => vi.restoreAllMocks());

const stub = (of = endpoint) => env.WEBHOOK.getByName(`${of.tenant}/${of.webhookId}`);
const alarmAt = (): Promise<number | null> => runInDurableObject(stub(), (_, { storage }) => storage.getAlarm());
const idsOf = () => received.map(({ headers }) => headers.get("webhook-id"));

async function rows(text: string): Promise<readonly SqlRow[]> {
  const answered = await databaseOf().batch(endpoint.tenant, [{ text }]);
  assert(answered.ok, JSON.stringify(answered));
  return answered.value[0]?.rows ?? [];
}
const deliveries = () => rows("SELECT state, attempts FROM webhook_deliveries ORDER BY id");
const enqueue = (id: string, of = endpoint) =>
  rows(`INSERT INTO webhook_deliveries (tenant_id, id, webhook_id, event_id, event_type, body, next_attempt_at)
    VALUES ('${of.tenant}', '${id}', '${of.webhookId}', '${id}', 'task.done', '{}', now())`);

describe("a ring", () => {
  it("sends what is due, and leaves no alarm when nothing is left", async () => {
    await enqueue("a");
    await stub().ring(endpoint);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 1 }]);
    expect(await alarmAt()).toBeNull();
  });

  it("leaves the alarm at the time of the next attempt", async () => {
    receive = async () => new Response(null, { status: 500 });
    await enqueue("a");
    await stub().ring(endpoint);
    await runDurableObjectAlarm(stub());
    const at = (await alarmAt()) ?? 0;
    expect(at - now).toBeGreaterThanOrEqual(4_500);
    expect(at - now).toBeLessThanOrEqual(5_500);
    now = at;
    receive = async () => new Response(null, { status: 200 });
    await runDurableObjectAlarm(stub());
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 2 }]);
  });

  it("in the middle of a pass is not lost", async () => {
    receive = async () => {
      await stub().ring(endpoint);
      return new Response(null, { status: 204 });
    };
    await enqueue("a");
    await stub().ring(endpoint);
    await runDurableObjectAlarm(stub());
    expect(await alarmAt()).toBe(now);
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await alarmAt()).toBeNull();
    expect(received).toHaveLength(1);
  });

  it("of another webhook is refused, and sends nothing", async () => {
    await stub().ring(endpoint);
    const other = { ...endpoint, webhookId: newWebhookId() };
    let message = "";
    try {
      await stub().ring(other);
    } catch (thrown) {
      message = String(thrown);
    }
    expect(message).toContain("another webhook");
  });
});

describe("a receiver that hangs", () => {
  it("delays nobody but itself", async () => {
    const slow = endpoint;
    const fast = await makeEndpoint(slow.tenant, "/fast");
    await enqueue("a");
    await enqueue("b", fast);
    receive = async ({ url }) =>
      url.endsWith("/fast") ? new Response(null, { status: 204 }) : new Promise(() => undefined);
    await Promise.all([slow, fast].map((one) => stub(one).ring(one)));
    const hung = runDurableObjectAlarm(stub(slow)).catch(() => undefined);
    await vi.waitFor(() => expect(idsOf()).toContain("msg_a"), { timeout: 60_000 });
    await runDurableObjectAlarm(stub(fast));
    expect(await deliveries()).toEqual([
      { state: "pending", attempts: 0 },
      { state: "delivered", attempts: 1 },
    ]);
    await abortAllDurableObjects();
    await hung;
  });
});

describe("a crash", () => {
  it("between sending and recording sends again, under the same id", async () => {
    await enqueue("a");
    await stub().ring(endpoint);
    // The answer is there and its record is on the way: then everything dies.
    receive = async () => {
      hold = "holding";
      return new Response(null, { status: 204 });
    };
    const died = runDurableObjectAlarm(stub()).catch(() => undefined);
    // Not by a promise of the object's own: what goes on from that runs inside of the object, and would die with it.
    await vi.waitFor(() => expect(hold).toBe("held"), { timeout: 60_000 });
    await abortAllDurableObjects();
    await died;
    hold = "off";
    expect(received).toHaveLength(1);
    expect(await deliveries()).toEqual([{ state: "pending", attempts: 0 }]);
    expect(await alarmAt()).toBe(now + PASS_NET_MS);
    receive = async () => new Response(null, { status: 204 });
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(idsOf()).toEqual(["msg_a", "msg_a"]);
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 1 }]);
    expect(await alarmAt()).toBeNull();
  });
});

describe("a database that is away", () => {
  it("is asked again later, with longer and longer rests, and nothing is forgotten", async () => {
    await enqueue("a");
    await stub().ring(endpoint);
    isDatabaseAway = true;
    vi.mocked(systemClock.sleep).mockResolvedValue();
    vi.spyOn(Math, "random").mockReturnValue(0.999_999);
    const rests: number[] = [];
    for (let n = 0; n < 4; n++) {
      expect(await runDurableObjectAlarm(stub())).toBe(true);
      rests.push(((await alarmAt()) ?? 0) - now);
    }
    expect(rests).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(received).toEqual([]);
    isDatabaseAway = false;
    vi.mocked(systemClock.sleep).mockImplementation(patientClock.sleep);
    await runDurableObjectAlarm(stub());
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 1 }]);
  });

  it("after the answer came leads to a second request under the same id", async () => {
    await enqueue("a");
    await stub().ring(endpoint);
    receive = async () => {
      isDatabaseAway = true;
      vi.mocked(systemClock.sleep).mockResolvedValue();
      return new Response(null, { status: 204 });
    };
    await runDurableObjectAlarm(stub());
    vi.mocked(systemClock.sleep).mockImplementation(patientClock.sleep);
    isDatabaseAway = false;
    receive = async () => new Response(null, { status: 204 });
    await runDurableObjectAlarm(stub());
    expect(idsOf()).toEqual(["msg_a", "msg_a"]);
    expect(await deliveries()).toEqual([{ state: "delivered", attempts: 1 }]);
  });
});

describe("a webhook that was removed", () => {
  it("leaves nothing in its object", async () => {
    const hooks = webhooksOf({ ring: (of) => stub(of).ring(of) });
    await enqueue("a");
    expect(await hooks.remove(endpoint)).toMatchObject({ ok: true });
    expect(await runDurableObjectAlarm(stub())).toBe(true);
    expect(await alarmAt()).toBeNull();
    const kept = await runInDurableObject(stub(), (_, { storage }) => [...storage.kv.list()]);
    expect(kept).toEqual([]);
    expect(received).toEqual([]);
  });
});
