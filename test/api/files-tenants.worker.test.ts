/**
 * Two tenants with the same pack, the same idempotency keys and sessions of the same names, whose tasks run side by side
 * and write, read, list, search and delete the same paths: a tenant never sees a byte of the other's, by its tools, by what
 * a session hands on, in its event stream or through the files API, and always sees its own.
 */
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { accept, answerOf, ask, finished, follow, framesOf, newKey, publishShared } from "./gateway.ts";

const PACK = "sharer";
const SANDBOX = 'sandbox: { timeout: "60s", filesystem: "scoped", scoped_paths: ["/workspace"] }';
beforeAll(
  async () =>
    void (await publishShared(PACK, {
      more: `tools: { available: [{ id: "file_manager", name: "File Manager", ${SANDBOX} }] }`,
    })),
);

const TENANTS = ["tenant-left", "tenant-right"] as const;
type Tenant = (typeof TENANTS)[number];
const otherOf = (tenant: Tenant): Tenant => (tenant === "tenant-left" ? "tenant-right" : "tenant-left");
/** In whatever a tenant writes, and in nothing else. */
const markOf = (tenant: Tenant): string => `written by ${tenant}`;

type Act = { readonly action: "write" | "read" | "list" | "search" | "delete"; readonly path: string };
/** A task of each tenant, at the same time. */
type Round = { readonly session: "one" | "two" | null } & { readonly [Name in Tenant]: readonly Act[] };
type Files = ReadonlyMap<string, string>;

const PATHS = ["/workspace/a.txt", "/workspace/b.txt", "/workspace/deep/c.txt"] as const;
// A task that asks for the same again and again is stopped.
const acts = fc.uniqueArray(
  fc.oneof(
    fc.record({ action: fc.constantFrom("write", "read", "delete"), path: fc.constantFrom(...PATHS) }),
    fc.record({ action: fc.constantFrom("list", "search"), path: fc.constant("/workspace") }),
  ),
  { minLength: 1, maxLength: 4, selector: ({ action, path }) => `${action} ${path}` },
);
const rounds = fc.array(
  fc.record({ session: fc.constantFrom("one", "two", null), "tenant-left": acts, "tenant-right": acts }),
  { minLength: 2, maxLength: 4 },
);

const write = { action: "write", path: PATHS[0] } as const;
const look = [
  { action: "read", path: PATHS[0] },
  { action: "list", path: "/workspace" },
] as const;
/** Whatever else is tried, this is: what a session hands on, beside a tenant that has nothing there. */
const HANDED_ON: readonly Round[] = [
  { session: "one", "tenant-left": [write], "tenant-right": look },
  { session: "one", "tenant-left": look, "tenant-right": look },
  { session: null, "tenant-left": look, "tenant-right": [write] },
];

/** What the tenant's tool is asked for, and what the workspace is then. @param n tells every content from every other. */
function planOf(tenant: Tenant, acts: readonly Act[], before: Files, n: number): { input: string; after: Files } {
  const after = new Map(before);
  const calls = acts.map(({ action, path }, index) => {
    const content = `${markOf(tenant)}: ${n}.${index}`;
    if (action === "write") after.set(path, content);
    if (action === "delete") after.delete(path);
    return {
      action,
      path,
      ...(action === "write" ? { content } : {}),
      ...(action === "search" ? { query: "written" } : {}),
    };
  });
  return { input: calls.map((call) => `@tool file_manager ${JSON.stringify(call)}`).join("\n"), after };
}

const filesOf = (tenant: string, taskId: string, path = "") => ask(`/api/v1/tasks/${taskId}/files${path}`, { tenant });

/** Path -> content, as the files API has it. */
async function storedFiles(tenant: Tenant, taskId: string): Promise<Files> {
  const { body } = await answerOf(filesOf(tenant, taskId));
  const items = body.items as readonly { readonly path: string }[]; // the schema says so
  const contents = items.map(async ({ path }) => [path, await (await filesOf(tenant, taskId, path)).text()] as const);
  return new Map(await Promise.all(contents));
}

it("two tenants never see a byte of each other's files, whatever their tasks do", async () => {
  let handedOn = 0;
  const live = async (all: readonly Round[]): Promise<void> => {
    const run = newKey();
    const sessions = new Map<string, Files>();
    for (const [n, round] of all.entries()) {
      const pair = TENANTS.map(async (tenant) => {
        const place = `${tenant}/${round.session}`;
        const before: Files = (round.session === null ? undefined : sessions.get(place)) ?? new Map();
        const { input, after } = planOf(tenant, round[tenant], before, n);
        const more = round.session === null ? {} : { session_id: `${run}-${round.session}` };
        const taskId = await accept(input, { pack: PACK, tenant, more, key: `${run}-${n}` });
        expect(await finished(taskId, { tenant })).toMatchObject({ state: "done" });
        const stream = (await framesOf(follow(taskId, { tenant }))).join("\n\n");
        expect(stream).not.toContain(markOf(otherOf(tenant)));
        expect(await storedFiles(tenant, taskId)).toEqual(after);
        if (round.session !== null) sessions.set(place, after);
        handedOn += before.size;
        for (const path of ["", ...PATHS]) {
          const foreign = await answerOf(filesOf(otherOf(tenant), taskId, path));
          expect(foreign).toMatchObject({ status: 404, body: { code: "TASK_NOT_FOUND" } });
          expect(JSON.stringify(foreign)).not.toContain(markOf(tenant));
        }
      });
      await Promise.all(pair);
    }
  };
  await fc.assert(fc.asyncProperty(rounds, live), { numRuns: 8, endOnFailure: true, examples: [[[...HANDED_ON]]] });
  // Files did go from task to task: otherwise the above would mean nothing.
  expect(handedOn).toBeGreaterThan(0);
});
