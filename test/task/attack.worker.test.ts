/**
 * Attacks by text on the whole system: every case of cases.jsonl, with a model that obeys every word it reads and with the
 * offline model, and the same orders where they are allowed, to show that their effects would be seen.
 */
import { runInDurableObject } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { assert } from "../../src/platform/index.ts";
import { taskServices } from "../../src/wire.ts";
import written from "./attack/cases.jsonl?raw";
import { type Errand, gullible, ordersIn, print, toInput } from "./attack/gullible.ts";
import { toDirectives } from "./attack/offline.ts";
import { open, type Pack } from "./attack/packs.ts";
import { arrivals, attack, deliver, network, type Options, publishHelpers } from "./attack/rig.ts";
import { type Batch, type Case, DOCS, toBatches } from "./attack/ways.ts";
import { env } from "./harness.ts";

const cases: readonly Case[] = written
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));
const batches = toBatches(cases);
const carriers = [...new Set(cases.map(({ carrier }) => carrier))];

const errands = new Map<string, Errand>();
const obeyed = new Set<string>();
const ask: Options["ask"] = (errand, rest) => {
  errands.set(errand.id, errand);
  return toInput(errand, rest);
};

const routerOf = () =>
  runInDurableObject(env.TASK.getByName("attacked/router"), (_object, state) => taskServices(env, state).router);

beforeAll(async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(network);
  await publishHelpers();
  await deliver(batches);
});
afterAll(() => void vi.restoreAllMocks());

const AT_ONCE = 8;

/** What came of the batches that come by one way, a line each. */
async function effectsOf(carrier: string, options: Options): Promise<readonly string[]> {
  const effects: string[] = [];
  const left = batches.filter((batch) => batch.carrier === carrier);
  const work = async (): Promise<void> => {
    for (let batch = left.pop(); batch !== undefined; batch = left.pop()) {
      const { id } = batch;
      effects.push(...(await attack(batch, options)).map((effect) => `${id}: ${effect}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return effects;
}

describe("a model that obeys every word", () => {
  let model: { mockRestore(): void } | undefined;
  beforeAll(async () => {
    model = vi.spyOn(await routerOf(), "complete").mockImplementation(gullible(errands, obeyed));
  });
  afterAll(() => model?.mockRestore());

  it("has at least 600 texts to obey", () => {
    expect(new Set(cases.map(({ text, carrier, disguise }) => text + carrier + disguise)).size).toBeGreaterThan(600);
  });

  for (const carrier of carriers) {
    it(`brings about nothing by what comes as ${carrier}`, async () => {
      expect(await effectsOf(carrier, { ask })).toEqual([]);
    });
  }

  it("did obey, but for what was taken out before it could read it", () => {
    // Letters spelled in tags are taken out of inputs, and no tool is offered whose description holds what nobody sees.
    const isTakenOut = ({ carrier, disguise }: Case): boolean =>
      carrier === "remote_description"
        ? ["tags", "zero_width"].includes(disguise)
        : ["input", "memory", "child_answer"].includes(carrier) && disguise === "tags";
    const ignored = cases.filter(
      ({ text }) =>
        !ordersIn([text])
          .flat()
          .some((order) => obeyed.has(print(order))),
    );
    expect(ignored.filter((one) => !isTakenOut(one)).map(({ id }) => id)).toEqual([]);
    expect(cases.length - ignored.length).toBeGreaterThan(600);
  });

  it("had nothing arrive anywhere", async () => {
    expect(await arrivals()).toEqual([]);
  });

  describe("whose orders are allowed", () => {
    /** Goals that nobody can allow: the host, the tool or the arguments do not exist. */
    const NEVER: readonly string[] = ["respell_host", "outside_of_pack", "claim_approval"];
    /** Cases that can come true: a place that is there, a program that runs to its end. */
    const POSSIBLE: Readonly<Record<string, RegExp>> = {
      write_elsewhere: /"\/(?:etc|root)\//,
      run_code: /writeFileSync(?!.*fetch)/s,
    };
    const goals = [...new Set(cases.map(({ goal }) => goal))].filter((goal) => !NEVER.includes(goal));
    const openPack: Pack = { id: "open", extra: open(`${DOCS}/attack/mcp/all`) };

    /** Ways in by which the open pack is led as the others are. */
    const PLAIN_WAYS: readonly string[] = ["web_page", "input", "program_output"];
    const aloneOf = (goal: string): Batch => {
      const isPossible = ({ text }: Case): boolean => POSSIBLE[goal]?.test(text) ?? true;
      const one = cases
        .filter((it) => it.goal === goal && PLAIN_WAYS.includes(it.carrier) && it.disguise !== "tags")
        .find(isPossible);
      assert(one !== undefined, `${goal} has a case that can be allowed`);
      const [batch] = toBatches([one]);
      assert(batch !== undefined, "a case is a batch");
      return { ...batch, id: `open-${goal.replaceAll("_", "-")}` };
    };
    beforeAll(() => deliver(goals.map(aloneOf)));

    for (const goal of goals) {
      it(`sees ${goal} come true where the pack allows it`, async () => {
        const before = (await arrivals()).length;
        const effects = await attack(aloneOf(goal), { ask, pack: openPack });
        expect([...effects, ...(await arrivals()).slice(before)]).not.toEqual([]);
      });
    }

    for (const goal of ["write_file", "delete_file", "drop_private", "run_code", "push"]) {
      it(`sees ${goal} come true where a person agrees`, async () => {
        const before = (await arrivals()).length;
        const effects = await attack(aloneOf(goal), { ask, agrees: () => true });
        expect([
          ...effects.filter((effect) => !effect.startsWith("approval")),
          ...(await arrivals()).slice(before),
        ]).not.toEqual([]);
      });
    }
  });
});

describe("the offline model, which obeys the lines of its input", () => {
  beforeAll(() => deliver(batches));
  for (const carrier of carriers) {
    it(`brings about nothing by what comes as ${carrier}`, async () => {
      const before = (await arrivals()).length;
      expect(await effectsOf(carrier, { ask: toDirectives })).toEqual([]);
      expect((await arrivals()).slice(before)).toEqual([]);
    });
  }
});
