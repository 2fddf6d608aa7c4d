/** `vasini policy`: tests of rules, and what another policy would change, by every kind of question or by last week's. */
import { resolve } from "node:path";
import {
  type Answered,
  combine,
  type Effect,
  type PolicyChange,
  type PolicyEngine,
  parseQuestion,
  questionGrid,
  type Rehearsal,
  rehearse,
  rulesOf,
} from "../policy/index.ts";
import { type CommonFlags, type Context, durationOf } from "./context.ts";
import { EXIT, type ExitCode, ownError } from "./exit.ts";
import { CHANGES_SHOWN_MAX, DECISION_PAGE_ROWS, REHEARSED_MAX } from "./limits.ts";
import { type Output, toTable } from "./output.ts";
import { DEFAULT_RULES, type NamedPolicy, openPolicy, testRules } from "./policy-source.ts";
import { shorten } from "./terminal.ts";
import { listOf, objectOf, textOf } from "./value.ts";

export async function testPolicy(context: Context, given: string | undefined, _flags: CommonFlags): Promise<ExitCode> {
  const path = given === undefined ? DEFAULT_RULES : resolve(given);
  const output = await testRules(path, context.signal);
  context.output.result({ ok: true, path, output }, () => output);
  return EXIT.ok;
}

type DiffFlags = CommonFlags & { readonly pack?: string; readonly tool?: string; readonly region?: string };

export async function diffPolicies(
  context: Context,
  given: { readonly before: string; readonly after: string },
  flags: DiffFlags,
): Promise<ExitCode> {
  const [before, after] = await Promise.all([
    openPolicy(given.before, context.signal),
    openPolicy(given.after, context.signal),
  ]);
  const { tenant = "any", pack = "any", tool = "any", region = null } = flags;
  const answered: Answered[] = [];
  for (const question of questionGrid({ tenant, packId: pack, toolId: tool, region })) {
    const decision = await before.engine.decide(question);
    answered.push({ question, effect: decision.effect, rules: rulesOf(decision) });
  }
  return show(context.output, after.digest, await rehearse(answered, after.engine));
}

type RehearseFlags = CommonFlags & { readonly since?: string; readonly own?: boolean };

const DAY_MS = 86_400_000;

export async function rehearsePolicy(context: Context, given: string, flags: RehearseFlags): Promise<ExitCode> {
  const sinceMs = durationOf("--since", flags.since) ?? 7 * DAY_MS;
  const named = await openPolicy(given, context.signal);
  const policy = flags.own === true ? await besideDefault(named, context.signal) : named;
  const answered = await readDecisions(context, flags, new Date(Date.now() - sinceMs).toISOString());
  return show(context.output, policy.digest, await rehearse(answered, policy.engine));
}

/** As a tenant's own policy decides: beside the operator's, of whose two answers the stricter one holds. */
async function besideDefault(own: NamedPolicy, signal: AbortSignal): Promise<NamedPolicy> {
  const operators = await openPolicy("default", signal);
  const decide: PolicyEngine["decide"] = async (question) => {
    const decision = await operators.engine.decide(question);
    return question.action === "api.call" ? decision : combine(decision, await own.engine.decide(question));
  };
  return { digest: own.digest, engine: { decide } };
}

async function readDecisions(context: Context, flags: CommonFlags, since: string): Promise<Answered[]> {
  const client = context.clientFor(flags);
  const answered: Answered[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ since, limit: String(DECISION_PAGE_ROWS) });
    if (cursor !== undefined) query.set("cursor", cursor);
    const page = objectOf(await client.send({ method: "GET", path: `/api/v1/decisions?${query}` }));
    answered.push(...listOf(page.items).map(readDecision));
    cursor = textOf(page.next_cursor);
    if (cursor === undefined) return answered;
    if (answered.length >= REHEARSED_MAX) {
      throw ownError("USAGE", `There are more than ${REHEARSED_MAX} decisions since ${since}; shorten --since.`);
    }
  }
}

const EFFECTS: readonly Effect[] = ["allow", "ask", "deny"];

function readDecision(item: unknown): Answered {
  const { id, effect: said, reasons, input } = objectOf(item);
  const question = parseQuestion(input);
  const effect = EFFECTS.find((one) => one === said);
  if (question === null || effect === undefined) {
    throw ownError(
      "BAD_ANSWER",
      `Decision ${shorten(textOf(id) ?? "?", 64)} is of a kind that this version does not know.`,
    );
  }
  const rules = listOf(reasons).flatMap((reason) => textOf(objectOf(reason).rule) ?? []);
  return { question, effect, rules: [...new Set(rules)].toSorted() };
}

/** Exit code 1 when something would be let through that was not before: a script must not miss that. */
function show(output: Output, policy: string, { asked, changes }: Rehearsal): ExitCode {
  const count = (some: readonly PolicyChange[]): number => some.reduce((sum, change) => sum + change.count, 0);
  const wider = count(changes.filter(({ isWider }) => isWider));
  const narrower = count(changes) - wider;
  output.result({ policy, asked, wider, narrower, changes: changes.map(toDocument) }, () =>
    changes.length === 0 ? "" : toTable(HEADS, changes.slice(0, CHANGES_SHOWN_MAX).map(toRow)),
  );
  if (!output.json) {
    if (changes.length > CHANGES_SHOWN_MAX) output.note(`${changes.length - CHANGES_SHOWN_MAX} kinds more: --json`);
    output.note(`${asked} decisions: ${wider} wider, ${narrower} narrower, ${asked - wider - narrower} the same`);
  }
  return wider > 0 ? EXIT.error : EXIT.ok;
}

const toDocument = ({ isWider, rulesBefore, rulesAfter, packId, toolId, ...rest }: PolicyChange) => ({
  ...{ wider: isWider, pack_id: packId, tool_id: toolId, rules_before: rulesBefore, rules_after: rulesAfter },
  ...rest,
});

const HEADS = ["", "COUNT", "BEFORE", "AFTER", "PACK", "TOOL", "RULES BEFORE", "RULES AFTER"];

const toRow = (change: PolicyChange): string[] => [
  change.isWider ? "wider" : "narrower",
  String(change.count),
  change.before,
  change.after,
  ...[change.packId, change.toolId, change.rulesBefore.join(" "), change.rulesAfter.join(" ")].map(
    (text) => shorten(text, 48) || "-",
  ),
];
