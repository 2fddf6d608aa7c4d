/** Digests and canonical text: equal values give equal bytes, and parts cannot reach into their neighbours. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  isSameJson,
  lengthPrefixed,
  readText,
  sha256Hex,
  utf8,
  utf8Length,
} from "../../src/platform/index.ts";

describe("canonical JSON", () => {
  it("orders keys, drops white space and what is undefined", () => {
    expect(canonicalJson({ b: [1, { d: null, c: undefined }], a: "x" })).toBe('{"a":"x","b":[1,{"d":null}]}');
  });

  it("reads back as the same value, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("does not depend on the order in which members were set", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });
});

describe("values of JSON", () => {
  const { objects } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(0, 1, "", "a", true, false, null),
      tie("array"),
      tie("objects"),
    ),
    array: fc.array(tie("value"), { maxLength: 2 }),
    objects: fc.dictionary(fc.constantFrom("a", "b", "0"), tie("value"), { maxKeys: 3 }),
  }));

  it("are the same when their canonical texts are, and only then", () => {
    let equal = 0;
    const same = fc.property(objects, objects, (one, other) => {
      const isEqual = canonicalJson(one) === canonicalJson(other);
      equal += Number(isEqual);
      expect(isSameJson(one, other)).toBe(isEqual);
    });
    fc.assert(same, { numRuns: 2_000 });
    // Or nothing but unequal pairs were seen.
    expect(equal).toBeGreaterThan(20);
  });

  it("are the same in whatever order their members were set", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(isSameJson(value, Object.fromEntries(Object.entries(value).reverse()))).toBe(true);
      }),
    );
  });

  it("do not meet where one has what the other inherits", () => {
    expect(isSameJson({ toString: undefined }, { b: 1 })).toBe(false);
    expect(isSameJson({}, [])).toBe(false);
    expect(isSameJson(undefined, null)).toBe(false);
  });
});

describe("length-prefixed parts", () => {
  it("are equal only when every part is", () => {
    const parts = fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(lengthPrefixed(a) === lengthPrefixed(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe("bytes", () => {
  it("are counted in UTF-8", () => expect(utf8Length("aé€😀")).toBe(1 + 2 + 3 + 4));

  it("have the digest that FIPS 180-4 gives for abc", async () => {
    expect(await sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});

describe("a body as text", () => {
  const bodyOf = (pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> => {
    const left = pieces[Symbol.iterator]();
    return new ReadableStream({
      pull: (body) => {
        const { value, done } = left.next();
        if (done) body.close();
        else body.enqueue(value);
      },
    });
  };

  it("is whole, with characters that came in two pieces", async () => {
    const pieces = [...utf8("aé€😀")].map((byte) => Uint8Array.of(byte));
    expect(await readText(bodyOf(pieces), 10)).toBe("aé€😀");
  });

  it("is let go of once it is longer than it may be", async () => {
    let asked = 0;
    function* endless() {
      for (; ; asked++) yield utf8("1234");
    }
    expect(await readText(bodyOf(endless()), 10)).toBe("123412341234");
    expect(asked).toBeLessThan(6);
  });
});
