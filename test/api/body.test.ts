/** What a body must survive before a schema sees it. */
import { describe, expect, it } from "vitest";
import {
  checkHeaderSize,
  drainBody,
  isJsonType,
  jsonDepth,
  parseJson,
  readBytes,
  toPointer,
} from "../../src/api/body.ts";
import { BODY_TIMEOUT_MS, DRAIN_BYTES_MAX, DRAIN_MS, HEADER_BYTES_MAX, JSON_DEPTH_MAX } from "../../src/api/limits.ts";
import { AppError, utf8 } from "../../src/platform/index.ts";
import { manualClock } from "./ports.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : `not an AppError: ${thrown}`;
  }
  return "nothing thrown";
};

const parse = (text: string): unknown => parseJson(utf8(text));

const post = (body: BodyInit, headers: Record<string, string> = {}): Request =>
  new Request("http://localhost/x", { method: "POST", body, headers, duplex: "half" } as RequestInit);

describe("parseJson", () => {
  const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

  it("takes JSON as deep as the limit", () => {
    expect(parse(deep(JSON_DEPTH_MAX))).toBeInstanceOf(Array);
  });

  const refused: [string, string | Uint8Array][] = [
    ["one level too many", deep(JSON_DEPTH_MAX + 1)],
    ["ten thousand levels", deep(10_000)],
    ["ten thousand levels that never end", "[".repeat(10_000)],
    ["no JSON", "{input: 1}"],
    ["half a document", '{"input": "a'],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["an escaped NUL", '{"input": "a\\u0000b"}'],
    ["a bare NUL", '{"input": "a\0b"}'],
    ["a lone high surrogate", '{"input": "\\ud83d"}'],
    ["a lone low surrogate", '{"metadata": {"a": ["\\uDE00"]}}'],
    ["a NUL in a name", '{"a\\u0000": 1}'],
    ["the name __proto__", '{"metadata": {"__proto__": "x"}}'],
    ["the name __proto__ with a letter escaped", '{"metadata": {"__pr\\u006fto__": "x"}}'],
    ["the name __proto__ in escapes", '{"metadata": {"\\u005f_proto_\\u005F": "x"}}'],
  ];
  it.each(refused)("refuses %s", (_name, body) => {
    expect(codeOf(() => parseJson(typeof body === "string" ? utf8(body) : body))).toBe("INVALID_REQUEST");
  });

  const kept: [string, string][] = [
    ["an emoji", "😀"],
    ["an override of the writing direction", "a\u202eb"],
    ["a zero-width joiner", "a\u200db"],
    ["a composed and a decomposed letter", "\u00e9e\u0301"],
    ["brackets in a string", "[[[{{{".repeat(100)],
    ["escaped quotes before brackets", '\\"['.repeat(200)],
  ];
  it.each(kept)("keeps %s as it came", (_name, input) => {
    expect(parse(JSON.stringify({ input }))).toEqual({ input });
  });

  it("keeps an emoji written as two escapes", () => {
    expect(parse('{"input": "\\ud83d\\ude00"}')).toEqual({ input: "😀" });
  });

  it("points at every string that cannot be stored", () => {
    try {
      parse('{"input": "\\u0000", "metadata": {"a/b": "\\ud800"}}');
      expect.unreachable();
    } catch (thrown) {
      const pointers = thrown instanceof AppError ? thrown.errors.map(({ pointer }) => pointer) : [];
      expect(pointers).toEqual(["/input", "/metadata/a~1b"]);
    }
  });
});

describe("jsonDepth", () => {
  const depths: [string, number][] = [
    ["1", 0],
    ["{}", 1],
    ['{"a":[{}]}', 3],
    ['["]","["]', 1],
    ['["\\"[["]', 1],
    ['{"a\\\\":[1]}', 2],
  ];
  it.each(depths)("of %s is %i", (text, depth) => {
    expect(jsonDepth(text)).toBe(depth);
  });
});

describe("readBytes", () => {
  const read = (request: Request, bytesMax: number) => readBytes(request, { clock: manualClock(), bytesMax });

  it("joins what came in pieces", async () => {
    const pieces = ["ab", "", "c"].map((piece) => utf8(piece));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    expect(new TextDecoder().decode(await read(post(body), 3))).toBe("abc");
  });

  it("is empty without a body", async () => {
    expect(await read(new Request("http://localhost/x"), 10)).toHaveLength(0);
  });

  it("refuses a body that says it is too large before reading it", async () => {
    const request = new Request("http://localhost/x", { method: "POST", headers: { "content-length": "11" } });
    await expect(read(request, 10)).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  it("refuses a body that turns out too large and reads no further", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(8));
      },
    });
    await expect(read(post(body), 10)).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect(pulled).toBeLessThan(5);
  });

  it("gives up on a body that does not arrive", async () => {
    const clock = manualClock();
    const waiting = readBytes(post(new ReadableStream<Uint8Array>()), { clock, bytesMax: 10 });
    clock.advance(BODY_TIMEOUT_MS);
    await expect(waiting).rejects.toMatchObject({ code: "REQUEST_TIMEOUT" });
  });
});

describe("drainBody", () => {
  /** A body without an end, and how much of it was read. */
  const endless = (pieceBytes: number) => {
    const seen = { pulls: 0 };
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      seen.pulls++;
      controller.enqueue(new Uint8Array(pieceBytes));
    };
    return { seen, request: post(new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })) };
  };

  it("reads what nobody read, also behind what was too large", async () => {
    const untouched = post("x".repeat(1_000));
    await drainBody(untouched, manualClock());
    expect(untouched.bodyUsed).toBe(true);
    let left = 8;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (left-- > 0) controller.enqueue(new Uint8Array(8));
      else controller.close();
    };
    const large = post(new ReadableStream<Uint8Array>({ pull }));
    await expect(readBytes(large, { clock: manualClock(), bytesMax: 10 })).rejects.toMatchObject({ code: "TOO_LARGE" });
    await drainBody(large, manualClock());
    expect(left).toBeLessThan(0);
  });

  it("leaves alone what somebody else reads, and what is not there", async () => {
    const request = post("abc");
    const reader = request.body?.getReader();
    await drainBody(request, manualClock());
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("abc");
    await drainBody(new Request("http://localhost/x"), manualClock());
  });

  it("gives up behind a limit of bytes", async () => {
    const bytes = DRAIN_BYTES_MAX / 4;
    const { seen, request } = endless(bytes);
    await drainBody(request, manualClock());
    expect(seen.pulls).toBe(5);
  });

  it("gives up on a body that does not arrive, or breaks off", async () => {
    const clock = manualClock();
    const waiting = drainBody(post(new ReadableStream<Uint8Array>()), clock);
    clock.advance(DRAIN_MS);
    await waiting;
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
    await drainBody(post(broken), manualClock());
  });
});

describe("checkHeaderSize", () => {
  it("admits headers up to the limit and refuses one byte more", () => {
    const value = "x".repeat(HEADER_BYTES_MAX - "a".length - 4);
    expect(codeOf(() => checkHeaderSize(new Headers({ a: value })))).toBe("nothing thrown");
    expect(codeOf(() => checkHeaderSize(new Headers({ a: `${value}x` })))).toBe("HEADERS_TOO_LARGE");
  });
});

describe("isJsonType", () => {
  const types: [string | null, boolean][] = [
    ["application/json", true],
    ["application/json; charset=utf-8", true],
    ["Application/JSON", true],
    ["application/merge-patch+json", true],
    ["text/json", false],
    ["application/jsonp", false],
    ["application/x-www-form-urlencoded", false],
    ["text/plain", false],
    [null, false],
  ];
  it.each(types)("%s: %s", (type, isJson) => {
    expect(isJsonType(type)).toBe(isJson);
  });
});

describe("toPointer", () => {
  it("escapes what RFC 6901 escapes", () => {
    expect(toPointer(["a/b", "c~d", 0])).toBe("/a~1b/c~0d/0");
    expect(toPointer([])).toBe("");
  });
});
