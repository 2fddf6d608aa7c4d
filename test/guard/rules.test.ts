/**
 * The two patterns of each rule agree: whatever may still grow into what the one finds, the other waits for. The texts
 * are made from the patterns, so that a rule is held to all it finds and not to what somebody thought of.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXFILTRATION_RULES } from "../../src/guard/exfiltration.ts";
import { NATIONAL_ID_RULES } from "../../src/guard/national-ids.ts";
import { PII_RULES } from "../../src/guard/pii.ts";
import type { Rule } from "../../src/guard/scanner.ts";
import { SECRET_RULES } from "../../src/guard/secrets.ts";

const RULES: readonly Rule[] = [...SECRET_RULES, ...NATIONAL_ID_RULES, ...PII_RULES, ...EXFILTRATION_RULES];

/** A form that counts behind its name alone. */
const NOTHING = "(?:(?!))";

const LOOK_AROUND = /\(\?<?[!=](?:[^()[\]\\]|\\.|\[(?:[^\]\\]|\\.)*\])*\)/g;
const LOOK_AHEAD = /\(\?[!=]/;
/** A separator that has to come again. */
const SEPARATOR = /\(\[([ .-]+)\]\)/;

/** Patterns for all that a rule finds, without what the generator cannot read: what stands around it, and "the same again". */
function formsOf({ pattern }: Rule): string[] {
  if (pattern.source.includes(NOTHING)) return [];
  const bare = pattern.source.replaceAll(LOOK_AROUND, "");
  const [group, separators] = SEPARATOR.exec(bare) ?? [];
  if (group === undefined) return [bare];
  return [...(separators ?? "")].map((one) => bare.replace(group, `[${one}]`).replaceAll("\\1", `[${one}]`));
}

/** Every counted repetition as often as may be: where a limit is too low, it shows here. */
const longestOf = (form: string): string => form.replaceAll(/\{\d+,(\d+)\}/g, "{$1}");

/** Lengths of the beginnings that a stream may end in; of a long text those at both its ends, and some between. */
function* lengthsOf({ pattern }: Rule, text: string): Generator<number> {
  // With a look-ahead the whole is not certain before the next character is there.
  const last = LOOK_AHEAD.test(pattern.source) ? text.length : text.length - 1;
  for (let length = 1; length <= last; length += length < 100 || length > last - 600 ? 1 : 97) yield length;
}

const matches = (pattern: RegExp, text: string): string | undefined => {
  pattern.lastIndex = 0;
  return pattern.exec(text)?.[0];
};

/** The first beginning of the text that a stream would pass on. */
function passedTooEarly(rule: Rule, text: string): string | undefined {
  for (const length of lengthsOf(rule, text)) {
    if (matches(rule.growing, text.slice(0, length)) === undefined) return text.slice(0, length);
  }
  return undefined;
}

describe("a stream waits for every beginning of what is found by", () => {
  for (const [index, rule] of RULES.entries()) {
    const forms = formsOf(rule).flatMap((form) => [
      { form, numRuns: 100 },
      { form: longestOf(form), numRuns: 5 },
    ]);
    if (forms.length === 0) continue;
    it(`rule ${index}, ${rule.label}`, () => {
      // The texts are made in one case alone.
      expect(rule.growing.flags).toBe(rule.pattern.flags);
      let found = 0;
      for (const { form, numRuns } of forms) {
        const check = (text: string) => {
          // One rule wants to see that a word follows; the others want to see that none does.
          if (![text, `${text}a`].some((whole) => matches(rule.pattern, whole) === text)) return;
          found++;
          expect(passedTooEarly(rule, text)).toBeUndefined();
        };
        fc.assert(fc.property(fc.stringMatching(new RegExp(`^(?:${form})$`)), check), { numRuns, seed: index });
      }
      // Texts in which the rule finds nothing would prove nothing.
      expect(found).toBeGreaterThan(50);
    });
  }

  it("all of them but those whose form counts behind a name alone", () => {
    expect(RULES.filter((rule) => formsOf(rule).length === 0).map(({ label }) => label)).toEqual([
      "uk_nhs",
      "nl_bsn",
      "ca_sin",
    ]);
  });
});
