/**
 * A tenant with one of everything, for those who try to reach it: how its things are made, by the name that stands for
 * them in a path, and what a body for such a path looks like. A new parameter or body needs its recipe here; until it
 * has one, the attack on it fails.
 */
import { assert } from "../../src/platform/index.ts";
import { buryLetter, RECEIVER } from "../event/database.ts";
import { answerOf, type Json, manifest, newKey } from "./gateway.ts";
import { askAs, makeKey, makeTenant } from "./guarded.ts";

/** In everything that is the victim's and nobody else's. */
export const CANARY = "canary-51d9";
const PACK = "victims-pack";
export const SESSION = "victims-session";

export type Victim = {
  readonly tenant: string;
  /** With every scope a tenant can have. */
  readonly key: string;
  /** Things by the name of the path's parameter. */
  readonly things: Readonly<Record<string, readonly string[]>>;
};

export type Owner = Pick<Victim, "tenant" | "key">;

const TOOLS = `
memory: { short_term: { enabled: true } }
tools:
  available:
    - { id: "code_executor", name: "Code", sandbox: { timeout: "10s", filesystem: "read_write" } }
    - { id: "file_manager", name: "Files", requires_approval: true, sandbox: { timeout: "10s" } }
`;

/** A call that waits for a person. */
const HELD_CALL = `@tool file_manager ${JSON.stringify({ action: "list", path: `/${CANARY}` })}`;

const FILE = "workspace/victims-file.txt";
const WRITES = `require("fs").writeFileSync("/${FILE}", "${CANARY}");`;
/** A call that leaves a file. */
const WRITE_CALL = `@tool code_executor ${JSON.stringify({ language: "javascript", code: WRITES })}`;

/** Starts a task and follows it until an event of this type. */
async function taskUntil({ key }: Owner, input: string, type: RegExp): Promise<string> {
  const body = { input: `${input}\n@say ${CANARY}`, session_id: SESSION, metadata: { note: CANARY } };
  const run = await answerOf(askAs(key, `/api/v1/agents/${PACK}/run`, { key: newKey(), body }));
  assert(typeof run.body.task_id === "string", `the victim's task is accepted: ${JSON.stringify(run.body)}`);
  const stream = await askAs(key, `/api/v1/tasks/${run.body.task_id}/events`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  while (!type.test(seen)) {
    const read = await reader?.read();
    assert(read?.done === false, `no event ${String(type)}: ${seen}`);
    seen += read.value;
  }
  await reader?.cancel();
  return run.body.task_id;
}

/** By parameter: makes the victim's things of that kind, each in a state that matters. */
export const RECIPES: Readonly<Record<string, (owner: Owner) => Promise<readonly string[]>>> = {
  packId: async () => [PACK],
  taskId: async (owner) =>
    Promise.all([
      taskUntil(owner, WRITE_CALL, /^event: task\.done$/m),
      taskUntil(owner, `@say ${CANARY}\n@sleep 10m`, new RegExp(CANARY)),
      taskUntil(owner, HELD_CALL, /^event: task\.waiting$/m),
    ]),
  approvalId: async (owner) => {
    const id = `${await taskUntil(owner, HELD_CALL, /^event: task\.waiting$/m)}.1`;
    // Every waiting task of the victim is listed: from here on its list stays as it is.
    for (let listed = 0; listed < 2; ) {
      const { body } = await answerOf(askAs(owner.key, "/api/v1/approvals"));
      listed = Array.isArray(body.items) ? body.items.length : 0;
    }
    return [id];
  },
  webhookId: async ({ key }) => {
    const hook = { url: `${RECEIVER}/${CANARY}`, description: CANARY };
    const made = await answerOf(askAs(key, "/api/v1/webhooks", { body: hook }));
    assert(typeof made.body.id === "string", `the victim's webhook is made: ${JSON.stringify(made.body)}`);
    return [made.body.id];
  },
  letterId: async ({ tenant }) => [await buryLetter(tenant, CANARY)],
  keyId: async ({ tenant }) => [(await makeKey(tenant, ["viewer"], { name: CANARY })).id],
  name: async ({ key }) => {
    const body = { value: CANARY, host: `${CANARY}.example.com` };
    const made = await askAs(key, "/api/v1/secrets/victims-secret", { method: "PUT", body });
    assert(made.status === 201, `the victim's secret is kept: ${await made.text()}`);
    return ["victims-secret"];
  },
  // Of the first of its tasks.
  path: async () => [FILE],
};

/** Ids of the same shape that never were anybody's. */
export const NEVER: Readonly<Record<string, string>> = {
  packId: "no-such-pack",
  // Before the task, whose id is a part of it.
  approvalId: "00000000-0000-8000-8000-000000000001.1",
  taskId: "00000000-0000-8000-8000-000000000000",
  keyId: "0000000000000000",
  webhookId: "00000000-0000-4000-8000-000000000000",
  letterId: "f".repeat(36),
  name: "no-such-secret",
  path: "workspace/no-such-file.txt",
};

/** Operations that make what their path names, in the tenant that asks: there is nothing for them to find. */
export const MAKERS: readonly string[] = ["putSecret"];

/** By operation: a body that is right, so that it is the object that is looked for and not found. */
export const BODIES: Readonly<Record<string, Json>> = {
  runAgent: { input: "Hello" },
  replayTask: {},
  decideApproval: { decision: "retry" },
  updateWebhook: { description: "mine now", state: "disabled" },
  putSecret: { value: "an-attackers-value", host: "attacker.example.com" },
};

export async function makeVictim(): Promise<Victim> {
  const tenant = await makeTenant("victim");
  const { key } = await makeKey(tenant, ["admin"], { name: CANARY });
  const owner = { tenant, key };
  const files = { [`${PACK}/profession-pack.yaml`]: manifest(PACK, { goal: CANARY, more: TOOLS }) };
  const published = await askAs(key, "/api/v1/packs", { body: { pack: PACK, files } });
  assert(published.status === 201, `the victim's pack is published: ${await published.text()}`);
  const things: Record<string, readonly string[]> = {};
  for (const [parameter, make] of Object.entries(RECIPES)) things[parameter] = await make(owner);
  const [written = ""] = things.taskId ?? [];
  const file = await askAs(key, `/api/v1/tasks/${written}/files/${FILE}`);
  assert((await file.text()) === CANARY, `the victim's file is there: ${file.status}`);
  return { ...owner, things };
}
