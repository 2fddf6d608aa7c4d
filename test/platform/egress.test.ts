/** The egress policy: every trick of the corpus refused whatever the list says, exact matches, and what an operator opens. */
import { describe, expect, it } from "vitest";
import { checkEgressUrl, type EgressRules } from "../../src/platform/index.ts";
import { FORBIDDEN_URLS } from "./egress-corpus.ts";

const ANY: EgressRules = { hosts: "any", localOrigins: [] };
const listing = (...hosts: string[]): EgressRules => ({ hosts, localOrigins: [] });

/** What a parser would read as the host, so that no URL is refused only for not being listed. */
function hostsRead(text: string): string[] {
  const read = URL.parse(text)?.hostname ?? "";
  return [read, read.replace(/\.$/, ""), "api.example.com", "evil.example.com"];
}

describe("the corpus of forbidden URLs", () => {
  it("holds more than 120 different ones", () => {
    const urls = Object.values(FORBIDDEN_URLS);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.length).toBeGreaterThan(120);
  });

  for (const [trick, text] of Object.entries(FORBIDDEN_URLS)) {
    it(`refuses ${trick}, though every host is allowed and its own is listed`, () => {
      const verdicts = [checkEgressUrl(text, ANY), checkEgressUrl(text, listing(...hostsRead(text)))];
      for (const verdict of verdicts) {
        expect(verdict.ok).toBe(false);
        // The list is never why.
        if (!verdict.ok) expect(verdict.error.reason).not.toBe("not_listed");
      }
    });
  }
});

const ALLOWED = {
  "a plain host": "https://api.example.com/",
  "a host without a path": "https://api.example.com",
  "a query alone": "https://api.example.com?q=1",
  "a query and a fragment": "https://api.example.com/a?b=c#d",
  "the default port, written": "https://api.example.com:443/",
  "upper case": "HTTPS://API.Example.COM/Path",
  "two labels": "https://github.com/owner/repo.git/info/refs?service=git-upload-pack",
  punycode: "https://xn--bcher-kva.example.com/",
  "a punycode top level": "https://example.xn--p1ai/",
  "a label with an underscore": "https://my_bucket.example.com/",
  "a label with digits": "https://s3.eu-central-1.example.com/",
  "letters beyond ASCII in the path": "https://api.example.com/straße?größe=1",
  "an at sign in the path": "https://api.example.com/@scope/name",
  "a percent sign in the path": "https://api.example.com/a%20b%2f..%2fc",
  "an address in the query": "https://api.example.com/?url=http://127.0.0.1/",
  "a name that only begins like a private one": "https://localhost.example.com/",
  "a name that only ends like a private one": "https://notlocal.example/",
  "a label of 63 letters": `https://${"a".repeat(63)}.example.com/`,
} as const satisfies Record<string, string>;

describe("what passes", () => {
  for (const [what, text] of Object.entries(ALLOWED)) {
    it(`lets ${what} pass, and answers the URL that was read`, () => {
      const host = new URL(text).hostname;
      expect(checkEgressUrl(text, ANY)).toMatchObject({ ok: true, value: { href: new URL(text).href } });
      expect(checkEgressUrl(text, listing(host)).ok).toBe(true);
    });
  }
});

describe("the list", () => {
  const reasonFor = (text: string, rules: EgressRules) => {
    const verdict = checkEgressUrl(text, rules);
    return verdict.ok ? "allowed" : verdict.error.reason;
  };

  for (const [what, text] of Object.entries({
    "a host below": "https://a.api.example.com/",
    "the host above": "https://example.com/",
    "a longer name that begins so": "https://api.example.com.evil.example/",
    "a longer name that ends so": "https://evilapi.example.com/",
    "a neighbour": "https://web.example.com/",
  })) {
    it(`does not reach ${what}`, () => expect(reasonFor(text, listing("api.example.com"))).toBe("not_listed"));
  }

  it("allows nothing when it is empty", () =>
    expect(reasonFor("https://api.example.com/", listing())).toBe("not_listed"));

  for (const wildcard of ["*", "*.example.com", "api.*", "a*i.example.com"]) {
    it(`allows nothing at all when it holds ${wildcard}`, () => {
      const rules = { hosts: ["api.example.com", wildcard], localOrigins: ["http://127.0.0.1:9000"] };
      expect(reasonFor("https://api.example.com/", rules)).toBe("not_listed");
      expect(reasonFor("http://127.0.0.1:9000/", rules)).toBe("not_listed");
    });
  }

  for (const entry of [
    "API.example.com",
    "api.example.com.",
    "https://api.example.com",
    "api.example.com:443",
    " api.example.com",
  ]) {
    it(`does not read ${JSON.stringify(entry)} as another spelling of a host`, () =>
      expect(reasonFor("https://api.example.com/", listing(entry))).toBe("not_listed"));
  }
});

describe("local origins", () => {
  const opened = (hosts: EgressRules["hosts"]): EgressRules => ({ hosts, localOrigins: ["http://127.0.0.1:9000"] });

  it("are reached when every host is allowed", () =>
    expect(checkEgressUrl("http://127.0.0.1:9000/a?b", opened("any")).ok).toBe(true));

  it("are reached when the list names their host", () =>
    expect(checkEgressUrl("http://127.0.0.1:9000/", opened(["127.0.0.1"])).ok).toBe(true));

  it("are not reached when the list does not name their host", () =>
    expect(checkEgressUrl("http://127.0.0.1:9000/", opened(["api.example.com"])).ok).toBe(false));

  for (const [what, text] of Object.entries({
    "another port": "http://127.0.0.1:9001/",
    "the default port": "http://127.0.0.1/",
    "another scheme": "https://127.0.0.1:9000/",
    "another name of the same machine": "http://localhost:9000/",
    "a user name": "http://user@127.0.0.1:9000/",
    "a backslash": "http://127.0.0.1:9000\\@evil.example.com/",
  })) {
    it(`do not open ${what}`, () => expect(checkEgressUrl(text, opened("any")).ok).toBe(false));
  }

  it("open nothing else", () => {
    for (const text of Object.values(FORBIDDEN_URLS)) expect(checkEgressUrl(text, opened("any")).ok).toBe(false);
  });
});

describe("a refusal's message", () => {
  it("does not repeat the path or the query, which may hold a secret", () => {
    const verdict = checkEgressUrl("https://evil.example.com/p4th?token=s3cret", listing("api.example.com"));
    expect(verdict.ok).toBe(false);
    if (verdict.ok) return;
    expect(verdict.error.message).toContain("evil.example.com");
    expect(verdict.error.message).not.toMatch(/p4th|s3cret/);
  });
});
