/** A live `npm start` of a stage, with what its tenants run, and the end of everything it began. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dropDataDir, freePort, newDataDir, startServer } from "../../flow/server.ts";
import { ask } from "./load.ts";

export type Live = {
  readonly url: string;
  /** What the server has logged, a JSON object a line. */
  readonly logOf: () => Promise<string>;
};

export async function withLive<T>(env: Readonly<Record<string, string>>, use: (live: Live) => Promise<T>): Promise<T> {
  const dataDir = newDataDir();
  try {
    const server = await startServer({
      ...{ dataDir, port: await freePort() },
      env: { RATE_LIMIT_REQUESTS: "1000000", ...env },
    });
    try {
      return await use({ url: server.url, logOf: () => readFile(join(dataDir, "log"), "utf8") });
    } finally {
      await server.kill();
    }
  } finally {
    dropDataDir(dataDir);
  }
}

/** Publishes a pack named `ring`, for each of the tenants. */
export async function publishRing(url: string, tenants: Iterable<string>, manifest: string): Promise<void> {
  const body = { pack: "ring", files: { "ring/profession-pack.yaml": manifest } };
  for (const tenant of tenants) {
    const answer = await ask(url, "/api/v1/packs", { tenant, body });
    if (answer?.status !== 201) throw new Error(`the pack was not published: ${answer?.status} ${answer?.text}`);
  }
}

/** @returns the task's id. */
export async function runRing(
  url: string,
  { tenant, key, ...body }: { readonly tenant: string; readonly key: string; readonly input: string; tier?: string },
): Promise<string> {
  const headers = { "x-idempotency-key": key };
  const answer = await ask(url, "/api/v1/agents/ring/run", { tenant, body, headers });
  if (answer?.status !== 202) throw new Error(`${key} was not accepted: ${answer?.status} ${answer?.text}`);
  return (JSON.parse(answer.text) as { task_id: string }).task_id;
}
