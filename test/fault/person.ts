/**
 * The people of a simulated world: they look at what waits, answer what the program has them answer, and look outside
 * before they say what became of a call in doubt. Sometimes two answer at once, and sometimes one comes too late.
 */
import type { ApprovalView, Decide, DecideOutcome, TaskState } from "../../src/task/index.ts";
import type { Life } from "./life.ts";
import type { Word } from "./program.ts";
import type { World } from "./world.ts";

/** Questions of one task at most. */
const QUESTIONS_MAX = 200;

export type PersonOptions = {
  /** How often somebody looks. */
  readonly everyMs: number;
  /** How long a question stands before it is answered: longer than any call is in flight, so that looking tells. */
  readonly afterMs: number;
};

export async function answerQuestions(world: World, options: PersonOptions): Promise<void> {
  const life = world.actor("person");
  const seen = new Map<string, number>();
  for (;;) {
    await life.clock.sleep(options.everyMs);
    for (const id of world.objects.idsOf("task"))
      await answerTask(world, life, id, { ...options, seen }).catch(() => undefined);
  }
}

/** @param options.seen when each question was first seen: their own clock is the task's. */
async function answerTask(
  world: World,
  life: Life,
  id: string,
  options: PersonOptions & { readonly seen: Map<string, number> },
): Promise<void> {
  const view = await world.objects.call<{ readonly state: TaskState } | null>(life, "task", id, "view", []);
  if (view?.state !== "waiting") return;
  for (let n = 1; n <= QUESTIONS_MAX; n++) {
    const question = await world.objects.call<ApprovalView | null>(life, "task", id, "approval", [n]);
    if (question === null) return;
    const seenAt = options.seen.get(question.approval_id) ?? life.clock.now();
    options.seen.set(question.approval_id, seenAt);
    const age = life.clock.now() - seenAt;
    if (question.state === "pending" && age >= options.afterMs) await answer(world, life, { id, n, question });
    if (question.state === "expired" && world.faults.strikes(50, 0.2)) await tooLate(world, life, { id, n, question });
  }
}

type Asked = { readonly id: string; readonly n: number; readonly question: ApprovalView };

async function answer(world: World, life: Life, asked: Asked): Promise<void> {
  const { witness, faults } = world;
  const given = wordOn(world, asked.question);
  if (given === null) return;
  const first = decide(world, life, asked, given, "a");
  // Somebody else says the opposite at the same time: the first of the two counts.
  const isApproval = asked.question.kind === "approval";
  const isRaced = isApproval && faults.strikes(50, 0.2);
  const opposite = { decision: given.decision === "approve" ? "reject" : "approve", result: null } as const;
  const outcomes = await Promise.allSettled([first, ...(isRaced ? [decide(world, life, asked, opposite, "b")] : [])]);
  const taken = outcomes.filter((one) => one.status === "fulfilled" && one.value.kind === "decided");
  if (taken.length > 1) witness.breaches.push(`I8: two decisions on ${asked.question.approval_id} were both taken`);
}

async function tooLate(world: World, life: Life, asked: Asked): Promise<void> {
  const outcome = await decide(world, life, asked, { decision: "approve", result: null }, "late");
  if (outcome.kind === "decided")
    world.witness.breaches.push(`I8: ${asked.question.approval_id} was approved after it expired`);
}

/** Null: nobody says anything. */
function wordOn(
  { witness, simulation, options }: World,
  question: ApprovalView,
): Pick<Decide, "decision" | "result"> | null {
  const n = Number(question.arguments.n);
  if (question.kind === "unknown_outcome") {
    const done = witness.effects.find((effect) => effect.taskId === question.task_id && effect.n === n);
    if (done !== undefined) return { decision: "happened", result: JSON.stringify({ n, name: done.kind }) };
    return { decision: simulation.random() < 0.5 ? "retry" : "did_not_happen", result: null };
  }
  const said = SAYS[wordOf(options.programs, n)];
  return said === null ? null : { decision: said, result: null };
}

const SAYS = { approve: "approve", reject: "reject", silence: null } as const satisfies Record<
  Word,
  Decide["decision"] | null
>;

const wordOf = (programs: World["options"]["programs"], n: number): Word => {
  const calls = [...programs.values()].flatMap(({ turns }) => turns.flatMap((turn) => turn.calls));
  return calls.find((call) => call.n === n)?.word ?? "approve";
};

async function decide(
  world: World,
  life: Life,
  { id, n, question }: Asked,
  given: Pick<Decide, "decision" | "result">,
  who: string,
): Promise<DecideOutcome> {
  const request: Decide = {
    ...{ ...given, by: `key:${who}`, reason: null, args_hash: question.args_hash },
    request_key: `${question.approval_id}/${who}`,
  };
  const [step, index] = question.call_id.split(".").map(Number);
  const said = (): void => {
    world.witness.decisions.push({
      ...{ taskId: question.task_id, n: Number(question.arguments.n), step: step ?? 0, index: index ?? 0 },
      ...{ kind: question.kind, decision: given.decision, at: life.clock.now() },
    });
  };
  try {
    const outcome = await world.objects.call<DecideOutcome>(life, "task", id, "decide", [n, request]);
    if (outcome.kind === "decided") said();
    return outcome;
  } catch (thrown) {
    // Nobody heard the answer, and the object may have taken the word before it died.
    said();
    throw thrown;
  }
}
