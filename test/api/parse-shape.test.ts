/** What a caller is told of a body or a query that is not as it should be. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { parseQuery, parseShape } from "../../src/api/parse-shape.ts";
import { AppError } from "../../src/platform/index.ts";

function refusalOf(parse: () => unknown): { message: string; pointers: readonly string[] } {
  try {
    parse();
  } catch (thrown) {
    if (thrown instanceof AppError) return { message: thrown.message, pointers: thrown.errors.map((at) => at.pointer) };
    throw thrown;
  }
  throw new Error("nothing was refused");
}

describe("a body", () => {
  it("that is no object at all is told so, without a pointer to nowhere", () => {
    const { message, pointers } = refusalOf(() => parseShape(z.strictObject({ name: z.string() }), [], "body"));
    expect(message).toBe("The body is not valid: Invalid input: expected object, received array");
    expect(pointers).toEqual([""]);
  });
});

describe("a query", () => {
  const Query = z.strictObject({ limit: z.coerce.number().int().default(50) });
  const parse = (text: string) => parseQuery(Query, new URLSearchParams(text));

  it("is read by its schema, and may be empty", () => {
    expect([parse("limit=2"), parse("")]).toEqual([{ limit: 2 }, { limit: 50 }]);
  });

  it("with a name that is not known is refused by that name", () => {
    expect(refusalOf(() => parse("limt=2"))).toEqual({
      message: "The query is not valid: /limt: is not known here",
      pointers: ["/limt"],
    });
  });

  it("with a name twice is refused, for one of the two would not count", () => {
    expect(refusalOf(() => parse("limit=1&limit=2"))).toEqual({
      message: "The query is not valid: /limit: is there more than once",
      pointers: ["/limit"],
    });
  });
});
