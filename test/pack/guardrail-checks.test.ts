/** Guardrails that would look like a check and be none. */
import { describe, expect, it } from "vitest";
import { manifest, packOf, problemsOf } from "./samples.ts";

const ROLE = 'role: { title: "T", domain: "D", seniority: "lead", goal: { primary: "P" } }';
const problems = async (guardrails: string) =>
  (await problemsOf(packOf(manifest(`${ROLE}\nguardrails: ${guardrails}`)), "test", true)).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );

describe("a category of content", () => {
  it("that nobody knows is an error, with the one that was meant", async () => {
    expect(await problems("{ input: { content_filter: { enabled: false, categories: [violense, hate] } } }")).toEqual([
      'error: "violense" is no category of content. Did you mean "violence"?',
    ]);
  });

  it("that is known is none", async () => {
    expect(await problems("{ input: { content_filter: { enabled: false, categories: [hate, self_harm] } } }")).toEqual(
      [],
    );
  });
});

describe("format_validation", () => {
  it("without a schema is a warning", async () => {
    expect(await problems("{ output: { format_validation: true } }")).toEqual([
      "warning: format_validation has no format to check: there is no output.schema",
    ]);
  });

  it("with a schema, or switched off, is none", async () => {
    expect(await problems("{ output: { format_validation: true, schema: { type: object } } }")).toEqual([]);
    expect(await problems("{ output: { format_validation: false } }")).toEqual([]);
  });
});

describe("content_filter", () => {
  const filter = "content_filter: { enabled: true, categories: [hate] }";

  it("without a judge is a warning that nobody looks", async () => {
    expect(await problems(`{ input: { ${filter} } }`)).toEqual([
      "warning: content_filter is not enforced without input.judge: the model is told the categories, nobody looks for them",
    ]);
  });

  it("with a judge is none", async () => {
    expect(await problems(`{ input: { ${filter}, judge: tier-1 } }`)).toEqual([]);
  });
});

describe("output.judge", () => {
  it("with nothing to judge is a warning", async () => {
    expect(await problems("{ output: { judge: tier-1, hallucination_check: { enabled: false } } }")).toEqual([
      "warning: output.judge has nothing to judge and is never asked",
    ]);
  });

  const WORK = [
    '{ output: { judge: tier-1 }, behavioral: { prohibited_actions: ["Lie"] } }',
    '{ output: { judge: tier-1 }, behavioral: { escalation_triggers: ["Fire"] } }',
    "{ output: { judge: tier-1, hallucination_check: { enabled: true } } }",
    "{ output: { judge: tier-1, source_citation_required: true } }",
  ];
  for (const guardrails of WORK) {
    it(`with something to judge is none: ${guardrails}`, async () => {
      expect(await problems(guardrails)).toEqual([]);
    });
  }
});
