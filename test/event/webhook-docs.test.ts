/** docs/webhooks.md: its snippet verifies what we send and nothing else, and its numbers are the limits. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTaskEventType } from "../../src/event/index.ts";
import {
  ATTEMPT_DELAYS_MS,
  BODY_BYTES_MAX,
  DELIVERY_RETENTION_MS,
  PENDING_MAX,
  RETRY_AFTER_MS_MAX,
  SECRET_OVERLAP_MS,
  SEND_MS_MAX,
  WEBHOOKS_MAX,
} from "../../src/event/webhook-limits.ts";
import { makeSecret, newSecretSet, rotateSecrets } from "../../src/event/webhook-secret.ts";
import { createSendWebhook } from "../../src/event/webhook-send.ts";
import { manualClock } from "../api/ports.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/webhooks.md"), "utf8");
const HOUR_MS = 3_600_000;

type Headers = Readonly<Record<string, unknown>>;
type Snippet = { isGenuine(secret: string, headers: Headers, body: string, now?: number): boolean };

let snippet: Snippet;
let receiver: Receiver;
const clock = manualClock();
const secret = makeSecret();
/** One request, as a receiver has it. */
let sent: { headers: Headers; body: string };

beforeAll(async () => {
  const code = /^```js\n([\s\S]+?)^```/m.exec(PAGE)?.[1] ?? "";
  snippet = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  receiver = await startReceiver();
  const secrets = rotateSecrets(newSecretSet(secret), makeSecret(), clock.now());
  const send = createSendWebhook({ clock, fetch, localOrigins: [receiver.origin] });
  await send({ url: receiver.origin, secrets, messageId: "msg_1", body: '{"text": "ключ"}' });
  const [request] = receiver.received;
  sent = { headers: request?.headers ?? {}, body: request?.body ?? "" };
});
afterAll(() => receiver.close());

describe("the snippet of docs/webhooks.md", () => {
  it("takes what we send", () => {
    expect(snippet.isGenuine(secret, sent.headers, sent.body, clock.now())).toBe(true);
  });

  const now = clock.now();
  const without = (name: string): Headers => ({ ...sent.headers, [name]: undefined });
  const refused: readonly (readonly [name: string, () => boolean])[] = [
    ["another secret", () => snippet.isGenuine(makeSecret(), sent.headers, sent.body, now)],
    ["another body", () => snippet.isGenuine(secret, sent.headers, `${sent.body} `, now)],
    ["another id", () => snippet.isGenuine(secret, { ...sent.headers, "webhook-id": "msg_2" }, sent.body, now)],
    ["an old request", () => snippet.isGenuine(secret, sent.headers, sent.body, now + 302_000)],
    ["a request of the future", () => snippet.isGenuine(secret, sent.headers, sent.body, now - 302_000)],
    ["no timestamp", () => snippet.isGenuine(secret, without("webhook-timestamp"), sent.body, now)],
    ["no signature", () => snippet.isGenuine(secret, without("webhook-signature"), sent.body, now)],
    [
      "a signature of nothing",
      () => snippet.isGenuine(secret, { ...sent.headers, "webhook-signature": "v1," }, sent.body, now),
    ],
  ];
  for (const [name, isGenuine] of refused) {
    it(`refuses ${name}`, () => {
      expect(isGenuine()).toBe(false);
    });
  }
});

describe("docs/webhooks.md", () => {
  it("names the types there are", () => {
    const named = new Set([...PAGE.matchAll(/`(task\.[a-z_]+)`/g)].map((match) => match[1] ?? ""));
    expect([...named].filter((type) => !isTaskEventType(type))).toEqual([]);
    expect(named.size).toBe(9);
  });

  const spell = (ms: number): string =>
    ms >= HOUR_MS ? `${ms / HOUR_MS} h` : ms >= 60_000 ? `${ms / 60_000} min` : `${ms / 1_000} s`;

  it("tells the schedule as it is", () => {
    const delays = ATTEMPT_DELAYS_MS.slice(1).map(spell);
    const list = `${delays.slice(0, -1).join(", ")} and ${delays.at(-1)}`;
    expect(PAGE).toContain(`tried ${ATTEMPT_DELAYS_MS.length} times: at once, then ${list} after the attempt before`);
  });

  it("tells the limits as they are", () => {
    for (const text of [
      `at most ${WEBHOOKS_MAX} webhooks`,
      `${BODY_BYTES_MAX / 1_000} kB at most`,
      `within ${SEND_MS_MAX / 1_000} seconds`,
      `up to ${RETRY_AFTER_MS_MAX / HOUR_MS} hours`,
      `for ${SECRET_OVERLAP_MS / HOUR_MS} hours`,
      `more than ${PENDING_MAX.toLocaleString("en")} deliveries`,
      `for ${DELIVERY_RETENTION_MS / HOUR_MS / 24} days`,
    ]) {
      expect(PAGE).toContain(text);
    }
  });
});
