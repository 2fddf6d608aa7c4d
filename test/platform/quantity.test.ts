/** Quantities as packs write them: what is read, to which number, and what is refused rather than guessed. */
import { describe, expect, it } from "vitest";
import { formatMicros, parseDuration, parseMemorySize, parseMoney } from "../../src/platform/index.ts";

const READ = [
  ["a duration in seconds", parseDuration, "60s", 60_000],
  ["a duration in minutes", parseDuration, "2m", 120_000],
  ["a duration in hours", parseDuration, "1h", 3_600_000],
  ["a duration in days", parseDuration, "7d", 604_800_000],
  ["a duration in milliseconds", parseDuration, "250ms", 250],
  ["a size in Ki", parseMemorySize, "64Ki", 65_536],
  ["a size in Mi", parseMemorySize, "512Mi", 536_870_912],
  ["a size in Gi", parseMemorySize, "1Gi", 1_073_741_824],
  ["whole dollars", parseMoney, "$5", 5_000_000],
  ["dollars and cents", parseMoney, "$0.25", 250_000],
  ["a millionth of a dollar", parseMoney, "$0.000001", 1],
  ["no money at all", parseMoney, "$0", 0],
] as const;

const REFUSED = [
  ["a duration", parseDuration, ["", "30", "s", "30 s", "1.5h", "-1s", "0s", "1h30m", "30S", "1e3s", "9999999999s"]],
  ["a memory size", parseMemorySize, ["", "512", "512MB", "512M", "0Mi", "-1Mi", "1.5Gi", "512 Mi"]],
  ["an amount", parseMoney, ["", "5", "$", "$-5", "$1,000", "$0.0000001", "5$", "$.5", "$5 "]],
] as const;

describe("quantities", () => {
  for (const [name, parse, text, value] of READ) {
    it(`reads ${name}`, () => expect(parse(text)).toEqual({ ok: true, value }));
  }

  for (const [name, parse, texts] of REFUSED) {
    for (const text of texts) {
      it(`does not take ${JSON.stringify(text)} for ${name}`, () => {
        expect(parse(text)).toMatchObject({ ok: false, error: { reason: "not_a_quantity" } });
      });
    }
  }

  for (const [micros, text] of [
    [0, "0"],
    [1, "0.000001"],
    [1_230_000, "1.23"],
    [5_000_000, "5"],
    [100_000_000, "100"],
    [-2_500_000, "-2.5"],
  ] as const) {
    it(`writes ${micros} micros as ${text}`, () => expect(formatMicros(micros)).toBe(text));
  }
});
