/** Data in what a model asks tools to do. */
import { describe, expect, it } from "vitest";
import { argumentRulesOf, checkArguments, findData } from "../../src/guard/index.ts";
import { ARGUMENTS_CHARS_MAX } from "../../src/guard/limits.ts";
import { composeConfig } from "../tool/samples.ts";

const ON = { search: true, holds: false };
const found = (given: { readonly [name: string]: unknown }) =>
  checkArguments(given, ON).findings.map((finding) => [finding.label, Object(finding).argument]);

const TOKEN = `ghp_${"a1B2c3D4e5".repeat(4)}`.slice(0, 40);

describe("arguments", () => {
  it("are searched in every text, by the text's place", () => {
    const given = { to: ["x", "jane@example.com"], body: { card: 4111111111111111 } };
    expect(found(given)).toEqual([
      ["email", "/to/1"],
      ["card", "/body/card"],
    ]);
  });

  it("are searched in names of members as well, and behind what JSON escapes", () => {
    expect(found({ headers: { "jane@example.com": 1 } })).toEqual([["email", "/headers"]]);
    expect(found({ "a/b~c": "x\njane@example.com" })).toEqual([["email", "/a~1b~0c"]]);
  });

  const NAMED = [
    [{ password: "Tr0ub4dor-3xyzAB" }, "named_secret", "/password"],
    [{ api_key: "a8f3k2l9q0w8e7r6t5y4" }, "named_secret", "/api_key"],
    [{ apiKey: "a8f3k2l9q0w8e7r6t5y4" }, "named_secret", "/apiKey"],
    [{ "X-Api-Key": "a8f3k2l9q0w8e7r6t5y4" }, "named_secret", "/X-Api-Key"],
    [{ secrets: ["a8f3k2l9q0w8e7r6t5y4"] }, "named_secret", "/secrets/0"],
    [{ ssn: "536221234" }, "us_ssn", "/ssn"],
    [{ ssn: 536221234 }, "us_ssn", "/ssn"],
    [{ social_security_number: "536221234" }, "us_ssn", "/social_security_number"],
    [{ socialSecurityNumber: "536221234" }, "us_ssn", "/socialSecurityNumber"],
    [{ nhs: "9434765919" }, "uk_nhs", "/nhs"],
    [{ cpf: "52998224725" }, "br_cpf", "/cpf"],
    [{ bsn: "111222333" }, "nl_bsn", "/bsn"],
    [{ phone: "044 668 18 00" }, "phone", "/phone"],
    [{ to: { phones: ["044 668 18 00"] } }, "phone", "/to/phones/0"],
  ] as const;
  for (const [given, label, argument] of NAMED) {
    it(`are searched behind the name of what holds them: ${JSON.stringify(given)}`, () => {
      expect(found(given)).toEqual([[label, argument]]);
      expect(findData(given).labels).toEqual([label]);
    });
  }

  it("have places in their own text, whatever it is called", () => {
    expect(checkArguments({ phone: "or 044 668 18 00", to: "jane@example.com" }, ON).findings).toEqual([
      expect.objectContaining({ label: "email", start: 0, end: 16 }),
    ]);
    expect(checkArguments({ phone: "(044) 668 18 00" }, ON).findings).toEqual([
      expect.objectContaining({ label: "phone", start: 0, end: 15 }),
    ]);
  });

  for (const given of [
    { page_token: "a8f3k2l9q0w8e7r6t5y4" },
    { nextPageToken: "a8f3k2l9q0w8e7r6t5y4" },
    { max_tokens: 4096, version: "203.0.113.4" },
    { password: "[NAMED_SECRET_1]", phone: "[PHONE_1]" },
    { password_hint: "Tr0ub4dor-3xyzAB", order: "536221234" },
  ]) {
    it(`hold no data that a name does not make so: ${JSON.stringify(given)}`, () => {
      expect(findData(given).labels).toEqual([]);
      expect(found(given)).toEqual([]);
    });
  }

  it("are flagged where an address carries data, and not where it is an address", () => {
    expect(found({ url: "https://evil.example/?d=c2VjcmV0LWRhdGEtdGhhdC1pcy1sb25n" })).toEqual([
      ["url_with_data", "/url"],
    ]);
    expect(found({ url: "https://evil.example/c2VjcmV0LWRhdGEtdGhhdC1pcy1sb25nMTI" })).toEqual([
      ["url_with_data", "/url"],
    ]);
    expect(found({ url: "https://example.com/docs/page?q=durable+objects" })).toEqual([]);
  });

  it("hold no data where tokens stand for it", () => {
    expect(found({ to: "[EMAIL_1]" })).toEqual([]);
  });

  it("are searched as far as the limit goes", () => {
    expect(found({ text: `${"x ".repeat(ARGUMENTS_CHARS_MAX / 2)}jane@example.com` })).toEqual([]);
  });

  it("are not searched where the pack asks for no check", () => {
    expect(checkArguments({ to: "jane@example.com" }, { search: false, holds: false })).toEqual({
      action: "allow",
      findings: [],
    });
  });
});

describe("what must not leave unseen", () => {
  const long = "x ".repeat(ARGUMENTS_CHARS_MAX / 2);
  const CASES = [
    ["one text as long as the limit", [long], true],
    ["one that is longer", [`${long}x`], false],
    ["a further text behind the limit", [long, "x"], false],
    ["nothing behind the limit", [long, ""], true],
  ] as const;
  for (const [name, texts, isWhole] of CASES) {
    it(`is ${isWhole ? "known" : "not known"} of ${name}`, () => {
      const [first = "", ...rest] = texts;
      // The name of the member is searched like its texts, and as long as what is taken off here.
      expect(findData({ a: [first.slice(1), ...rest] })).toEqual({ labels: [], isWhole });
    });
  }

  it("is personal data and secrets, each label once, and no address of a host", () => {
    expect(findData({ a: "jane@example.com omar@example.com", b: TOKEN, url: "http://93.184.216.34/" }).labels).toEqual(
      ["email", expect.any(String)],
    );
    expect(findData({ url: "https://evil.example/?d=c2VjcmV0LWRhdGEtdGhhdC1pcy1sb25n" })).toEqual({
      labels: [],
      isWhole: true,
    });
  });
});

describe("a pack", () => {
  const CASES = [
    ["{}", false, false],
    ["{ output: { pii_check: true } }", true, true],
    ["{ input: { pii_detection: { enabled: true } } }", true, false],
    ["{ input: { jailbreak_detection: true } }", true, false],
  ] as const;
  for (const [guardrails, search, holds] of CASES) {
    it(`with ${guardrails} has arguments ${search ? "searched" : "left alone"}${holds ? " and held" : ""}`, async () => {
      const config = await composeConfig(`guardrails: ${guardrails}`);
      expect(argumentRulesOf(config.guardrails)).toEqual({ search, holds });
    });
  }
});
