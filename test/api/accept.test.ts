/** What an Accept header asks for, as clients really send it. */
import { describe, expect, it } from "vitest";
import { preferredType } from "../../src/api/accept.ts";

const SSE = "text/event-stream";
const JSON_TYPE = "application/json";

const CASES: readonly (readonly [name: string, header: string | null, expected: string])[] = [
  ["nothing", null, SSE],
  ["an empty header", "", SSE],
  ["anything, as curl does", "*/*", SSE],
  ["JSON alone", JSON_TYPE, JSON_TYPE],
  ["JSON with a parameter", "application/json; charset=utf-8", JSON_TYPE],
  ["JSON in capitals", "Application/JSON", JSON_TYPE],
  ["any application type", "application/*", JSON_TYPE],
  ["JSON by name and anything else, as axios does", "application/json, text/plain, */*", JSON_TYPE],
  ["both alike", "application/json, text/event-stream", SSE],
  ["both, JSON preferred", "text/event-stream;q=0.5, application/json", JSON_TYPE],
  ["both, the stream preferred", "application/json;q=0.2, text/event-stream;q=0.8", SSE],
  ["anything but JSON", "application/json;q=0, */*", SSE],
  ["anything but the stream", "*/*;q=0.1, text/event-stream;q=0", JSON_TYPE],
  ["neither", "image/png", SSE],
  ["neither, JSON expressly not", "application/json;q=0", SSE],
  ["a type whose name holds JSON's", "application/json-patch+json", SSE],
  ["a parameter that holds JSON's name", 'text/event-stream; note="application/json"', SSE],
  ["a problem in JSON and the stream less", "application/problem+json, text/event-stream;q=0.1", SSE],
  ["a page of a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", SSE],
  ["noise", ",,;q=,", SSE],
];

describe("a client that asks for", () => {
  for (const [name, header, expected] of CASES) {
    it(`${name} gets ${expected}`, () => {
      expect(preferredType(header, [SSE, JSON_TYPE])).toBe(expected);
    });
  }
});
