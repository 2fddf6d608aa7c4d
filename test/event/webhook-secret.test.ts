/** Signatures as Standard Webhooks has them, and which secrets sign when. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SECRET_OVERLAP_MS, SECRETS_MAX } from "../../src/event/webhook-limits.ts";
import {
  formatSecrets,
  makeSecret,
  newSecretSet,
  parseSecrets,
  rotateSecrets,
  signatureHeaders,
} from "../../src/event/webhook-secret.ts";

/** The vector that the reference libraries of Standard Webhooks share. */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  at: 1_614_265_330_000,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const signed = { id: VECTOR.id, at: VECTOR.at, body: VECTOR.body };
const AT = VECTOR.at;

describe("a signature", () => {
  it("is that of the published test vector", async () => {
    expect(await signatureHeaders(newSecretSet(VECTOR.secret), signed)).toEqual({
      "webhook-id": VECTOR.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": VECTOR.signature,
    });
  });

  it("is over the bytes of the body, whatever its characters", async () => {
    const body = '{"text":"ключ 🔑"}';
    const secret = makeSecret();
    const headers = await signatureHeaders(newSecretSet(secret), { ...signed, body });
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const mac = createHmac("sha256", key).update(`${VECTOR.id}.1614265330.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${mac}`);
  });

  it("has one part for each secret that signs, the newest first", async () => {
    const secrets = rotateSecrets(newSecretSet(VECTOR.secret), makeSecret(), AT);
    const parts = (await signatureHeaders(secrets, signed))["webhook-signature"]?.split(" ") ?? [];
    expect(parts).toHaveLength(2);
    expect(parts[1]).toBe(VECTOR.signature);
    expect(parts[0]).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  });
});

describe("a secret", () => {
  it("is 32 random bytes in the form of Standard Webhooks", () => {
    const [one, other] = [makeSecret(), makeSecret()];
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(one).not.toBe(other);
  });

  it("signs for a day after it was replaced, and no longer", async () => {
    const secrets = rotateSecrets(newSecretSet(VECTOR.secret), makeSecret(), AT);
    const count = async (at: number) =>
      (await signatureHeaders(secrets, { ...signed, at }))["webhook-signature"]?.split(" ").length;
    expect(await count(AT + SECRET_OVERLAP_MS - 1)).toBe(2);
    expect(await count(AT + SECRET_OVERLAP_MS)).toBe(1);
  });

  it("keeps its own end through later rotations", () => {
    const second = rotateSecrets(newSecretSet("first"), "second", AT);
    const third = rotateSecrets(second, "third", AT + 1_000);
    expect(third).toEqual([
      { text: "third", until: null },
      { text: "second", until: AT + 1_000 + SECRET_OVERLAP_MS },
      { text: "first", until: AT + SECRET_OVERLAP_MS },
    ]);
    expect(rotateSecrets(third, "fourth", AT + SECRET_OVERLAP_MS).map(({ text }) => text)).toEqual([
      "fourth",
      "third",
      "second",
    ]);
  });

  it("makes room when too many would sign", () => {
    let secrets = newSecretSet("0");
    for (let n = 1; n <= SECRETS_MAX + 2; n++) secrets = rotateSecrets(secrets, String(n), AT);
    expect(secrets.map(({ text }) => text)).toEqual(["7", "6", "5", "4", "3"]);
  });

  it("is read back as it was written", () => {
    const secrets = rotateSecrets(newSecretSet("first"), "second", AT);
    expect(parseSecrets(formatSecrets(secrets))).toEqual(secrets);
  });

  for (const text of ["", "{}", "[]", "[[1,null]]", '[["a"]]', '["a"]']) {
    it(`is not read from ${text || "nothing"}`, () => {
      expect(parseSecrets(text)).toBeNull();
    });
  }
});
