/** One request to a real server on loopback: what it carries, and what each kind of answer or silence becomes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SEND_MS_MAX } from "../../src/event/webhook-limits.ts";
import { newSecretSet } from "../../src/event/webhook-secret.ts";
import { createSendWebhook, type Sending } from "../../src/event/webhook-send.ts";
import type { Outcome } from "../../src/event/webhook-verdict.ts";
import { manualClock } from "../api/ports.ts";
import { answer, type Behave, type Receiver, startReceiver } from "./receiver.ts";

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
beforeEach(() => {
  receiver.received.length = 0;
  receiver.behave = answer(204);
});

const clock = manualClock();
const sending = (change: Partial<Sending> = {}): Sending => ({
  url: `${receiver.origin}/hook?a=1`,
  secrets: newSecretSet("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
  messageId: "msg_1",
  body: '{"a":1}',
  ...change,
});
const send = (change: Partial<Sending> = {}, localOrigins = [receiver.origin]): Promise<Outcome> =>
  createSendWebhook({ clock, fetch, localOrigins })(sending(change));

const answered = (status: number, retryAfterMs: number | null = null): Outcome => ({
  kind: "answered",
  status,
  retryAfterMs,
});

describe("a request", () => {
  it("carries the body as it is, its type and three signed headers, and nothing of who asks", async () => {
    await send();
    const [{ path, headers, body } = { path: "", headers: {}, body: "" }] = receiver.received;
    expect([path, body]).toEqual(["/hook?a=1", '{"a":1}']);
    expect(headers).toMatchObject({
      "content-type": "application/cloudevents+json; charset=UTF-8",
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(clock.now() / 1_000)),
      "webhook-signature": expect.stringMatching(/^v1,/),
    });
    expect(Object.keys(headers)).not.toContain("authorization");
    expect(Object.keys(headers)).not.toContain("cookie");
  });
});

const ANSWERS: readonly (readonly [name: string, behave: Behave, outcome: Outcome])[] = [
  ["200", answer(200, {}, "ok"), answered(200)],
  ["204", answer(204), answered(204)],
  [
    "301 to where it would be taken",
    (response) => response.writeHead(301, { location: "/other" }).end(),
    answered(301),
  ],
  ["404", answer(404, {}, "no"), answered(404)],
  ["410", answer(410), answered(410)],
  ["429 with Retry-After", answer(429, { "retry-after": "7" }), answered(429, 7_000)],
  ["503 with Retry-After", answer(503, { "retry-after": "9" }), answered(503, 9_000)],
  ["500 with Retry-After, which has no meaning there", answer(500, { "retry-after": "7" }), answered(500)],
  ["a cut", (response) => response.destroy(), { kind: "unanswered", reason: "connection" }],
  [
    "a cut in the middle of the head",
    (response) => response.socket?.end("HTTP/1.1 2"),
    { kind: "unanswered", reason: "connection" },
  ],
  ["no HTTP at all", (response) => response.socket?.end("hello\r\n\r\n"), { kind: "unanswered", reason: "connection" }],
];

describe("an answer of", () => {
  for (const [name, behave, outcome] of ANSWERS) {
    it(`${name} is ${JSON.stringify(outcome)}`, async () => {
      receiver.behave = behave;
      expect(await send()).toEqual(outcome);
      expect(receiver.received).toHaveLength(1);
    });
  }

  it("a huge body is its status: the body is not read", async () => {
    let isClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    // It never ends by itself: this test ends only because the sender hangs up.
    receiver.behave = (response) => {
      response.writeHead(200);
      const fill = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", fill).on("close", isClosed);
      fill();
    };
    expect(await send()).toEqual(answered(200));
    await closed;
  });

  it("nothing is a timeout, and the connection is given up", async () => {
    const closed = new Promise<void>((resolve) => {
      receiver.behave = (response) => response.on("close", resolve);
    });
    const [arrived, sent] = [receiver.next(), send()];
    await arrived;
    clock.advance(SEND_MS_MAX - 1);
    clock.advance(1);
    expect(await sent).toEqual({ kind: "unanswered", reason: "timeout" });
    await closed;
  });

  it("a head that does not end is a timeout too", async () => {
    receiver.behave = (response) => response.socket?.write("HTTP/1.1 200 OK\r\nx: ");
    const [arrived, sent] = [receiver.next(), send()];
    await arrived;
    clock.advance(SEND_MS_MAX);
    expect(await sent).toEqual({ kind: "unanswered", reason: "timeout" });
  });
});

describe("nothing is sent", () => {
  const refused: readonly (readonly [name: string, url: () => string])[] = [
    ["to this machine, unless its origin is named", () => receiver.origin],
    ["without TLS", () => "http://example.com/hook"],
    ["to an address", () => "https://169.254.169.254/latest"],
    ["to an address in another spelling", () => "https://0x7f000001/"],
    ["to a private name", () => "https://db.internal/hook"],
    ["to another port", () => "https://example.com:8443/hook"],
    ["with a password in the address", () => "https://a:b@example.com/hook"],
    ["to what is no address", () => "hook"],
  ];
  for (const [name, url] of refused) {
    it(name, async () => {
      expect(await send({ url: url() }, [])).toEqual({ kind: "unanswered", reason: "address_refused" });
      expect(receiver.received).toEqual([]);
    });
  }

  it("without a secret", async () => {
    expect(await send({ secrets: null })).toEqual({ kind: "unanswered", reason: "secret_unreadable" });
    expect(receiver.received).toEqual([]);
  });
});
