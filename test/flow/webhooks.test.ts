/** Webhooks as a user meets them: `npm start`, a receiver on this machine, and requests that its own secret verifies. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer, type Received, type Receiver, startReceiver } from "../event/receiver.ts";
import { postRun, TENANT } from "./client.ts";
import { dropDataDir, freePort, newDataDir, type Server, startServer } from "./server.ts";

const dataDir = newDataDir();
let receiver: Receiver;
let server: Server;

beforeAll(async () => {
  receiver = await startReceiver();
  const env = { EGRESS_LOCAL_ORIGINS: receiver.origin };
  server = await startServer({ dataDir, port: await freePort(), env });
});
afterAll(async () => {
  await server?.kill();
  await receiver?.close();
  dropDataDir(dataDir);
});

type Made = { readonly id: string; readonly secret: string };

async function post(path: string, body: unknown = {}): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json", "x-tenant-id": TENANT };
  const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.status).toBeLessThan(300);
  return (await response.json()) as Record<string, unknown>;
}
const make = async (path: string): Promise<Made> =>
  (await post("/api/v1/webhooks", { url: receiver.origin + path })) as unknown as Made; // as the route's schema has it

function isSignedWith({ secret }: Made, { headers, body }: Received): boolean {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return headers["webhook-signature"] === `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
}

type Event = { readonly type: string; readonly subject: string; readonly sequence: number };
const eventOf = ({ body }: Received): Event => JSON.parse(body);

describe("a webhook", () => {
  it("is tried with one event, which its secret verifies", async () => {
    const made = await make("/tried");
    expect(await post(`/api/v1/webhooks/${made.id}/test`)).toMatchObject({ delivered: true, status: 204 });
    const request = receiver.received.find(({ path }) => path === "/tried");
    expect(request && isSignedWith(made, request)).toBe(true);
  });

  it("gets every event of a task in its order, signed, and again what it did not take", async () => {
    const made = await make("/events");
    // The second event is not taken at its first attempt.
    const refused: Received[] = [];
    receiver.behave = (response, request) => {
      const isRefused = request.path === "/events" && eventOf(request).sequence === 2 && refused.length === 0;
      if (isRefused) refused.push(request);
      answer(isRefused ? 500 : 204)(response, request);
    };
    const got = () => receiver.received.filter(({ path }) => path === "/events");
    const accepted = await postRun(server.url, { pack: "hello", input: "Hi", key: "webhooks-1" });
    const { task_id: task } = (await accepted.json()) as { task_id: string };
    while (!got().some((request) => eventOf(request).type === "task.done")) await receiver.next();
    const requests = got();
    expect(requests.every((request) => isSignedWith(made, request))).toBe(true);
    expect(new Set(requests.map((request) => eventOf(request).subject))).toEqual(new Set([task]));
    const taken = requests.filter((request) => !refused.includes(request));
    expect(taken.map((request) => eventOf(request).sequence)).toEqual(taken.map((_, index) => index + 1));
    const again = taken.find((request) => eventOf(request).sequence === 2);
    expect(again?.headers["webhook-id"]).toBe(refused[0]?.headers["webhook-id"]);
    expect(again?.body).toBe(refused[0]?.body);
  });
});
