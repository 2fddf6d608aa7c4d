/**
 * Looks at a world after it came to rest, and says everything that is wrong with it: one sentence each, with the number of
 * the invariant. It reads what is stored and what was seen outside, and believes nobody else.
 */
import { type AuditRow, FIRST_PREV_HASH, hashOf } from "../../src/audit/row.ts";
import { type ApprovalView, isEnded, type TaskEvent, type TaskView } from "../../src/task/index.ts";
import { type Accepted, canaryOf } from "./client.ts";
import { answerOf, type Facts, mayPay, type Outcome, possibleEnds, possibleOutcomes } from "./expectation.ts";
import { APPROVAL_TTL_MS } from "./packs.ts";
import { familyOf, type Program, programIdOf } from "./program.ts";
import { PROVIDER_KEY, type World } from "./world.ts";

/** A task as it is kept, and as the outside knows it. */
export type Told = {
  readonly tenant: string;
  readonly taskId: string;
  readonly view: TaskView;
  readonly events: readonly TaskEvent[];
  readonly approvals: readonly ApprovalView[];
  readonly program: Program;
};

/** Rows of the outbox that are older than a week may be gone. */
const KEPT_MS = 6 * 24 * 60 * 60 * 1_000;

/** Events that leave the system, by the page that documents them (docs/events.md). */
const LEAVING = new Set(
  ["queued", "started", "resumed", "retry", "waiting", "done", "failed", "cancelled", "dead_letter"].map(
    (name) => `task.${name}`,
  ),
);

export type Audit = {
  readonly wrong: readonly string[];
  /** A task's money ended before its work did. */
  readonly isBroke: boolean;
};

export async function audit(world: World, accepted: readonly Accepted[]): Promise<Audit> {
  const tasks = await readTasks(world);
  const wrong = [...world.witness.breaches];
  for (const one of accepted) {
    if (!tasks.some(({ taskId }) => taskId === one.taskId))
      wrong.push(`I1: ${one.program.id} was accepted and is gone`);
  }
  const ends = new Map(tasks.map(({ program, view }) => [program.id, view.state]));
  for (const task of tasks) {
    const facts = factsOf(world, task, ends, tasks);
    wrong.push(
      ...auditEnd(task, facts),
      ...auditCalls(task, facts),
      ...auditEvents(task, accepted),
      ...auditCancel(world, task),
    );
    wrong.push(...auditPrompts(world, task));
  }
  wrong.push(...auditEffects(world, tasks), ...(await auditDatabase(world, tasks)));
  return { wrong, isBroke: tasks.some(({ view }) => view.error?.code === "BUDGET_EXHAUSTED") };
}

async function readTasks(world: World): Promise<Told[]> {
  const tasks: Told[] = [];
  for (const id of world.objects.idsOf("task")) {
    const [tenant = "", taskId = ""] = id.split("/");
    const view = await world.objects.look<TaskView | null>("task", id, "view");
    if (view === null) continue;
    const events: TaskEvent[] = [];
    for (;;) {
      const page = await world.objects.look<{ readonly events: readonly TaskEvent[] }>("task", id, "events", [
        events.length,
        1_000,
      ]);
      if (page.events.length === 0) break;
      events.push(...page.events);
    }
    const approvals: ApprovalView[] = [];
    for (let n = 1; ; n++) {
      const approval = await world.objects.look<ApprovalView | null>("task", id, "approval", [n]);
      if (approval === null) break;
      approvals.push(approval);
    }
    const program = world.options.programs.get(programIdOf(view.input) ?? "");
    if (program === undefined) throw new Error(`the task ${taskId} has no program: ${view.input}`);
    tasks.push({ tenant, taskId, view, events, approvals, program });
  }
  return tasks;
}

function factsOf(
  world: World,
  { taskId, program, view }: Told,
  ends: ReadonlyMap<string, string>,
  tasks: readonly Told[],
): Facts {
  const { witness, faults } = world;
  const parent = tasks.find((one) => one.taskId === view.parent_task_id);
  const disturbing = [6, 7, 11, 56] as const;
  return {
    effects: witness.effects.filter((effect) => effect.taskId === taskId),
    decisions: witness.decisions.filter((decision) => decision.taskId === taskId),
    failures: witness.failures.get(program.id) ?? [],
    isCancelAsked: witness.cancelAsked.has(taskId),
    isCancelTold: witness.cancelled.has(taskId),
    isOrphan: parent !== undefined && isEnded(parent.view.state),
    isDisturbed: disturbing.some((id) => (faults.hits.get(id) ?? 0) > 0),
    isStorageFull: (faults.hits.get(11) ?? 0) > 0,
    tookMs: Date.parse(view.finished_at ?? view.updated_at) - Date.parse(parent?.view.created_at ?? view.created_at),
    questionsMs: APPROVAL_TTL_MS[program.pack],
    isRaced: (faults.hits.get(50) ?? 0) > 0,
    children: ends,
  };
}

const endOf = ({ state, error }: TaskView): string => (error === null ? state : `${state} ${error.code}`);

/** I1, I14: one end, and one of those that can be. I12: on the version it began with. */
function auditEnd({ view, program, events }: Told, facts: Facts): string[] {
  if (!isEnded(view.state)) return [`I14: ${program.id} is ${view.state} when everything is quiet`];
  const wrong: string[] = [];
  const ends = possibleEnds(program, facts);
  if (!ends.has(endOf(view)))
    wrong.push(`I1: ${program.id} ended ${endOf(view)}; possible are ${[...ends].join(", ")}`);
  const terminal = events.filter(({ type }) => ["task.done", "task.failed", "task.cancelled"].includes(type));
  if (terminal.length !== 1) wrong.push(`I2: ${program.id} came to an end ${terminal.length} times`);
  const last = events.at(-1)?.type;
  if (last !== terminal[0]?.type && last !== "task.dead_letter" && !isAfterEnd(last)) {
    wrong.push(`I2: ${program.id} went on after its end with ${last}`);
  }
  return wrong;
}

/** What may still be said of a task that has ended. */
const isAfterEnd = (type: string | undefined): boolean => type === "approval.withdrawn";

/** I3, I8 and the transcript: what each call came to is something that it can have come to. */
function auditCalls({ program, view, events, approvals }: Told, facts: Facts): string[] {
  const wrong: string[] = [];
  const results = new Map(
    events
      .filter(({ type }) => type === "tool.result")
      .map(({ data }) => [String(data.call_id), outcomeIn(data)] as const),
  );
  const recorded = events.filter(({ type }) => type === "tool.result").length;
  if (recorded !== results.size) wrong.push(`I3: ${program.id} has two results of one call`);
  const outcomes: Outcome[] = [];
  for (const [step, turn] of program.turns.entries()) {
    for (const [index, call] of turn.calls.entries()) {
      const outcome = results.get(`${step}.${index}`);
      if (outcome === undefined) {
        if (view.state === "done") wrong.push(`I3: ${program.id} is done without a result of ${step}.${index}`);
        continue;
      }
      outcomes.push(outcome);
      const possible = possibleOutcomes(call, facts);
      if (!possible.has(outcome)) {
        wrong.push(
          `I3: ${call.kind} ${call.n} of ${program.id} is ${outcome}; possible are ${[...possible].join(", ")}`,
        );
      }
      if (call.kind === "pay") wrong.push(...auditPayment({ program, approvals }, call, facts));
    }
  }
  if (view.state !== "done") return wrong;
  const answer = answerOf(program, outcomes);
  if (view.output !== answer)
    wrong.push(`I1: ${program.id} answered ${JSON.stringify(view.output)}, not ${JSON.stringify(answer)}`);
  if (view.steps_taken !== program.turns.length + 1) wrong.push(`I3: ${program.id} took ${view.steps_taken} steps`);
  return wrong;
}

function outcomeIn(data: TaskEvent["data"]): Outcome {
  const { error } = data;
  if (typeof error !== "object" || error === null) return "ok";
  return String(Reflect.get(error, "code"));
}

/** I8: only with an approval that was given before, and in time. */
function auditPayment(
  { program, approvals }: Pick<Told, "program" | "approvals">,
  call: Program["turns"][number]["calls"][number],
  facts: Facts,
): string[] {
  const effects = facts.effects.filter(({ n }) => n === call.n);
  if (effects.length === 0) return [];
  const approval = approvals.find(
    (one) => one.kind === "approval" && one.arguments.n === call.n && one.decision === "approve",
  );
  if (!mayPay(call, facts) || approval === undefined)
    return [`I8: pay ${call.n} of ${program.id} ran without an approval`];
  const [given, used] = [approval.decided_at, approval.used_at].map((at) => Date.parse(at ?? ""));
  const isInTime = effects.every(({ at }) => at >= (used ?? 0)) && (used ?? 0) >= (given ?? 0);
  const isFresh = approval.expires_at === null || (used ?? 0) <= Date.parse(approval.expires_at);
  return isInTime && isFresh ? [] : [`I8: pay ${call.n} of ${program.id} ran before its approval, or after it expired`];
}

/** I10: gapless, and a reader that was cut off again and again has the same bytes. */
function auditEvents({ program, taskId, events }: Told, accepted: readonly Accepted[]): string[] {
  const wrong: string[] = [];
  if (events.some(({ seq }, at) => seq !== at + 1)) wrong.push(`I10: the events of ${program.id} have a gap`);
  const reader = accepted.find((one) => one.taskId === taskId)?.read;
  if (reader === undefined) return wrong;
  const whole = events
    .map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
  if (!whole.startsWith(reader.bytes))
    wrong.push(`I10: a reader of ${program.id} was sent something else than what is kept`);
  return wrong;
}

/** I7: what a task asks for after its cancel was acknowledged. */
function auditCancel({ witness }: World, { taskId, program }: Told): string[] {
  const at = witness.cancelled.get(taskId);
  if (at === undefined) return [];
  return witness.starts
    .filter((start) => (start.taskId === taskId || start.programId === program.id) && start.at > at)
    .map(({ what, life }) => `I7: ${program.id} asked for a ${what} after it was cancelled (${life})`);
}

/** I12: one version of the pack from beginning to end. */
function auditPrompts({ witness, options }: World, { program, view }: Told): string[] {
  const prompts = witness.prompts.get(program.id) ?? new Set();
  const pinned = options.shelf.get(view.pack_id)?.find(({ digest }) => digest === view.pack_digest)?.prompt;
  return [...prompts].every((prompt) => prompt === pinned)
    ? []
    : [`I12: ${program.id} ran on another version than it began with`];
}

/** I3: what cannot be taken back was done once, and what can be repeated under one key. I6: by nobody else's task. */
function auditEffects({ witness }: World, tasks: readonly Told[]): string[] {
  const wrong: string[] = [];
  const calls = new Map<string, typeof witness.effects>();
  for (const effect of witness.effects) {
    // The call that a model makes again and again is another one each time.
    if (effect.n === 0) continue;
    const call = `${effect.taskId} ${effect.n}`;
    calls.set(call, [...(calls.get(call) ?? []), effect]);
  }
  for (const [call, effects] of calls) {
    const [first] = effects;
    const isOnce = first?.kind === "write" || first?.kind === "pay";
    if (isOnce && effects.length > 1) wrong.push(`I3: ${first?.kind} of ${call} took effect ${effects.length} times`);
    if (new Set(effects.map(({ key }) => key)).size > 1) wrong.push(`I3: ${call} was made under two keys`);
    const owner = tasks.find(({ taskId }) => taskId === first?.taskId);
    if (owner?.tenant !== first?.tenant) wrong.push(`I6: an effect of ${call} is another tenant's`);
  }
  return wrong;
}

/** I4, I5, I6, I11: what Postgres has. */
async function auditDatabase(world: World, tasks: readonly Told[]): Promise<string[]> {
  const { postgres } = world.options;
  const wrong: string[] = [];
  const rows = await postgres.rows("select tenant_id, id, state, cost_micros, input_tokens, output_tokens from tasks");
  const outbox = await postgres.rows("select tenant_id, aggregate_id, aggregate_seq, published_at from event_outbox");
  const effects = await postgres.rows("select tenant_id, aggregate_id, aggregate_seq from test_effects order by n");
  const usage = await postgres.rows("select tenant_id, task_id, cost_micros, input_tokens from usage");
  for (const { taskId, view, program, events } of tasks) {
    const row = rows.find(({ id }) => id === taskId);
    if (row?.state !== view.state)
      wrong.push(`I4: Postgres has ${program.id} as ${String(row?.state)}, not ${view.state}`);
    const leaving = events.filter(({ type }) => LEAVING.has(type)).length;
    const own = outbox.filter(({ aggregate_id }) => aggregate_id === taskId);
    const least = events.filter(
      ({ type, at }) => LEAVING.has(type) && Date.parse(at) > Date.parse(view.updated_at) - KEPT_MS,
    ).length;
    if (own.length > leaving || own.length < least)
      wrong.push(`I4: ${program.id} has ${leaving} events that leave and ${own.length} rows in the outbox`);
    if (own.some(({ published_at }) => published_at === null))
      wrong.push(`I4: an event of ${program.id} was never published`);
    const done = effects
      .filter(({ aggregate_id }) => aggregate_id === taskId)
      .map(({ aggregate_seq }) => Number(aggregate_seq));
    const expected = Array.from({ length: leaving }, (_, at) => at + 1);
    if (String(done) !== String(expected))
      wrong.push(`I4: the effects of ${program.id} were ${done.join(" ")}, not 1 to ${leaving}`);
    const used = usage.filter(({ task_id }) => task_id === taskId);
    if (used.length !== 1) wrong.push(`I4: ${program.id} was charged ${used.length} times`);
    if (String(used[0]?.cost_micros) !== String(row?.cost_micros))
      wrong.push(`I5: ${program.id} cost ${String(row?.cost_micros)} and was charged ${String(used[0]?.cost_micros)}`);
    if (Number(row?.input_tokens) !== view.usage.input_tokens)
      wrong.push(`I5: Postgres counts other tokens for ${program.id}`);
    const billed = world.witness.bills.filter(({ programId }) => programId === program.id);
    const most = billed.reduce((sum, bill) => sum + bill.inputTokens, 0);
    if (view.usage.input_tokens > most)
      wrong.push(`I5: ${program.id} counts ${view.usage.input_tokens} tokens, and the provider gave ${most}`);
  }
  wrong.push(...(await auditIsolation(world, tasks)), ...(await auditChains(world)));
  return wrong;
}

/** I6, I13: as the application, each tenant sees its own rows, nobody else's words, and no secret of the installation. */
async function auditIsolation(world: World, tasks: readonly Told[]): Promise<string[]> {
  const tenants = [...new Set(tasks.map(({ tenant }) => tenant))];
  const wrong: string[] = [];
  for (const tenant of tenants) {
    const scope = { query: "select set_config('app.tenant_id', $1, true)", params: [tenant] };
    const all = { query: "select string_agg(t::text, ' ') as words from tasks t", params: [] };
    const outcome = await world.options.postgres.run({ user: "app_user", statements: [scope, all], begin: "begin" });
    const words = outcome.ok ? String(outcome.results.at(-1)?.rows[0]?.[0]) : "";
    const kept = tasks
      .filter((one) => one.tenant === tenant)
      .map(({ events, view, approvals, program }) =>
        JSON.stringify([events, view, approvals, [...(world.witness.prompts.get(program.id) ?? [])]]),
      );
    if ([words, ...kept].some((text) => text.includes(PROVIDER_KEY)))
      wrong.push(`I13: ${tenant} sees the provider's key`);
    for (const other of tenants.filter((one) => one !== tenant)) {
      const isSeen = [words, ...kept].some((text) => text.includes(canaryOf(other)));
      if (isSeen) wrong.push(`I6: ${tenant} sees words of ${other}`);
    }
  }
  return wrong;
}

const AUDIT_ROWS = `select prev_hash, tenant_id, seq, id, action, actor, resource, decision, rule_id, result, args_hash, details_json,
  duration_ms, cost_micros, model, pack_digest, approval_id, request_id, trace_id,
  to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at, hash from audit_log order by tenant_id, audit_log.seq`;

/** I11: each tenant's log is one chain from its first row. */
async function auditChains({ options }: World): Promise<string[]> {
  const wrong: string[] = [];
  const heads = new Map<string, { readonly seq: number; readonly hash: string }>();
  for (const found of await options.postgres.rows(AUDIT_ROWS)) {
    // Read as text, which is what the hash is made of.
    const row = found as unknown as AuditRow;
    const before = heads.get(row.tenant_id) ?? { seq: 0, hash: FIRST_PREV_HASH };
    const isNext =
      Number(row.seq) === before.seq + 1 && row.prev_hash === before.hash && (await hashOf(row)) === row.hash;
    if (!isNext)
      wrong.push(`I11: row ${row.seq} of the audit log of ${row.tenant_id} does not follow the one before it`);
    heads.set(row.tenant_id, { seq: Number(row.seq), hash: row.hash });
  }
  return wrong;
}

export const programsOf = (programs: readonly Program[]): ReadonlyMap<string, Program> =>
  new Map(programs.flatMap(familyOf).map((program) => [program.id, program]));
