/**
 * Clients of a real server that goes away and comes back: each posts its tasks under keys of its own and repeats a request
 * until it is answered; a person looks after calls in doubt. What they were told is kept for the audit.
 */
import { setTimeout as pass } from "node:timers/promises";
import type { Random } from "../../../src/platform/index.ts";
import type { Service } from "./service.ts";

export type Wish = { readonly tenant: string; readonly key: string; readonly n: string; readonly isPaying: boolean };
export type Acknowledged = Wish & { readonly taskId: string };

export type Load = {
  readonly acknowledged: Acknowledged[];
  /** Requests that were answered, and those that were not. */
  readonly requests: { answered: number; lost: number };
  /** Decisions about calls in doubt. */
  decided: number;
  readonly wrong: string[];
};

const TENANTS = ["ring-a", "ring-b", "ring-c", "ring-d"] as const;
/** Between two attempts while nobody answers. */
const AGAIN_MS = 200;
/** One attempt; a server that was killed between two packets would never answer. */
const REQUEST_MS_MAX = 20_000;

export const newLoad = (): Load => ({ acknowledged: [], requests: { answered: 0, lost: 0 }, decided: 0, wrong: [] });

export const wishesOf = (name: string, count: number): Wish[] =>
  Array.from({ length: count }, (_, at) => ({
    tenant: TENANTS[at % TENANTS.length] ?? TENANTS[0],
    key: `${name}-${at}`,
    n: `${name}-${at}`,
    isPaying: at % 4 === 3,
  }));

/** Two effects and two files, with pauses in which a kill can fall. */
export const inputOf = ({ n, isPaying }: Wish): string =>
  [
    `@tool svc__note ${JSON.stringify({ n: `${n}.1` })}`,
    "@sleep 400ms",
    `@tool file_manager ${JSON.stringify({ action: "write", path: "/workspace/a.txt", content: n })}`,
    "@sleep 400ms",
    `@tool svc__${isPaying ? "pay" : "note"} ${JSON.stringify({ n: `${n}.2` })}`,
    "@sleep 400ms",
    `@tool file_manager ${JSON.stringify({ action: "read", path: "/workspace/a.txt" })}`,
    `@say ${n} is done`,
  ].join("\n");

/** Calls that each of these tasks makes. */
export const CALLS = 4;

/** Null when nobody answered. */
export async function ask(
  url: string,
  path: string,
  request: { readonly tenant: string; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly text: string } | null> {
  const { tenant, body, headers } = request;
  const posted = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  try {
    const response = await fetch(`${url}${path}`, {
      ...posted,
      headers: { "content-type": "application/json", "x-tenant-id": tenant, ...headers },
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    return { status: response.status, text: await response.text() };
  } catch {
    // It was killed, or is not up yet.
    return null;
  }
}

/** Posts until it is answered. @param url of the server as it is now, for it may come back. */
export async function insist(url: () => string, wish: Wish, load: Load): Promise<string> {
  for (;;) {
    const answer = await ask(url(), "/api/v1/agents/ring/run", {
      tenant: wish.tenant,
      body: { input: inputOf(wish) },
      headers: { "x-idempotency-key": wish.key },
    });
    if (answer?.status === 202) {
      load.requests.answered += 1;
      const { task_id } = JSON.parse(answer.text) as { task_id: string };
      return task_id;
    }
    load.requests.lost += 1;
    // A server that is going down or coming up says 5xx; anything else is a refusal that no client should see.
    if (answer !== null && answer.status < 500)
      load.wrong.push(`a request with the key ${wish.key} was answered ${answer.status}: ${answer.text.slice(0, 200)}`);
    await pass(AGAIN_MS);
  }
}

/** All wishes, by so many clients at once, with pauses so that they last. */
export async function post(
  wishes: readonly Wish[],
  options: {
    readonly url: () => string;
    readonly load: Load;
    readonly clients: number;
    readonly pauseMs: number;
    readonly random: Random;
  },
): Promise<void> {
  const { url, load, clients, pauseMs, random } = options;
  const queue = [...wishes];
  const client = async (): Promise<void> => {
    for (let wish = queue.shift(); wish !== undefined; wish = queue.shift()) {
      load.acknowledged.push({ ...wish, taskId: await insist(url, wish, load) });
      await pass(random() * pauseMs * 2);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** Looks once at what waits for a person: a payment that the service has is said to have happened, another one is made up for. */
export async function lookAtDoubts(url: string, service: Service, load: Load): Promise<void> {
  for (const tenant of TENANTS) {
    const list = await ask(url, "/api/v1/approvals?state=pending", { tenant });
    if (list?.status !== 200) continue;
    const { items } = JSON.parse(list.text) as {
      items: { approval_id: string; kind: string; arguments: { n: string } }[];
    };
    for (const { approval_id, kind, arguments: args } of items) {
      if (kind !== "unknown_outcome") load.wrong.push(`somebody was asked about ${approval_id}, which is a ${kind}`);
      const decision = service.done.some(({ tool, n }) => tool === "pay" && n === args.n) ? "happened" : "retry";
      const told = await ask(url, `/api/v1/approvals/${approval_id}/decision`, { tenant, body: { decision } });
      if (told?.status === 200) load.decided += 1;
    }
  }
}
