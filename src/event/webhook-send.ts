/**
 * One request to one endpoint: the address judged again, the body signed, the answer's status and nothing else of it.
 * Never rejects: a failure is an outcome like any other.
 */
import { Canceller, type Clock, checkEgressUrl } from "../platform/index.ts";
import { SEND_MS_MAX } from "./webhook-limits.ts";
import { type SecretSet, signatureHeaders } from "./webhook-secret.ts";
import { type Outcome, parseRetryAfter } from "./webhook-verdict.ts";

export type Sending = {
  readonly url: string;
  /** Null: they could not be read. */
  readonly secrets: SecretSet | null;
  /** The same for every attempt of a delivery: receivers know a repetition by it. */
  readonly messageId: string;
  readonly body: string;
};

export type SendPorts = {
  readonly clock: Clock;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Origins that may be reached although the rules refuse them; empty in production. */
  readonly localOrigins: readonly string[];
};

export type SendWebhook = (sending: Sending) => Promise<Outcome>;

/** Any host, for a tenant may have its receiver anywhere; everything else that egress demands. */
export const checkWebhookUrl = (url: string, localOrigins: readonly string[]) =>
  checkEgressUrl(url, { hosts: "any", localOrigins });

const unanswered = (reason: Extract<Outcome, { kind: "unanswered" }>["reason"]): Outcome => ({
  kind: "unanswered",
  reason,
});

export function createSendWebhook({ clock, fetch, localOrigins }: SendPorts): SendWebhook {
  const ask = async ({ url, body, messageId }: Sending, secrets: SecretSet, signal: AbortSignal): Promise<Outcome> => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/cloudevents+json; charset=UTF-8",
        "user-agent": "Vasini-Webhooks/1",
        ...(await signatureHeaders(secrets, { id: messageId, body, at: clock.now() })),
      },
      body,
      redirect: "manual",
      signal,
    });
    // The status says all: whatever else the receiver sends is neither read nor kept.
    response.body?.cancel().catch(() => undefined);
    const { status, headers } = response;
    const isWait = status === 429 || status === 503;
    const retryAfterMs = isWait ? parseRetryAfter(headers.get("retry-after"), clock.now()) : null;
    return { kind: "answered", status, retryAfterMs };
  };

  return async (sending) => {
    const { url, secrets } = sending;
    if (!checkWebhookUrl(url, localOrigins).ok) return unanswered("address_refused");
    if (secrets === null) return unanswered("secret_unreadable");
    const over = new AbortController();
    const answered = new Canceller();
    const late = clock.sleep(SEND_MS_MAX, answered.signal).then(
      () => {
        over.abort();
        return unanswered("timeout");
      },
      // The answer came first; nobody reads this any more.
      () => unanswered("timeout"),
    );
    // Which part of the network failed is not told: it could say something about what lies behind it.
    const asked = ask(sending, secrets, over.signal).catch(() =>
      unanswered(over.signal.aborted ? "timeout" : "connection"),
    );
    try {
      // Raced, because aborting is a request to the network and no promise of an end.
      return await Promise.race([asked, late]);
    } finally {
      answered.abort();
    }
  };
}
