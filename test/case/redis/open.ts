/** The Redis that a run has: the server named by TEST_REDIS_URL, else the small one in this process. */
import { createMemoryEngine } from "./memory-engine.ts";
import { type Engine, type RedisEndpoint, serveRedis } from "./rest.ts";
import { connectRedis } from "./server-engine.ts";

export type TestRedis = {
  readonly endpoint: RedisEndpoint;
  /** Lets `ms` pass for every key whose name holds `part`. */
  readonly age: (part: string, ms: number) => Promise<void>;
};

/** A server's time cannot be moved, but what is left of its keys can. */
async function ageKeys(engine: Engine, part: string, ms: number): Promise<void> {
  const [found] = await engine.run([["KEYS", `*${part}*`]], false);
  const keys = found !== undefined && "result" in found && Array.isArray(found.result) ? found.result.map(String) : [];
  const left = await engine.run(
    keys.map((key) => ["PTTL", key]),
    false,
  );
  const commands = left.flatMap((reply, index) => {
    const pttl = "result" in reply ? Number(reply.result) : -1;
    return pttl < 0 ? [] : [["PEXPIRE", keys[index] ?? "", String(pttl - ms)]];
  });
  await engine.run(commands, false);
}

export async function openRedis(): Promise<TestRedis> {
  const url = process.env.TEST_REDIS_URL;
  if (url !== undefined && url !== "") {
    const engine = await connectRedis(url);
    return { endpoint: await serveRedis(engine), age: (part, ms) => ageKeys(engine, part, ms) };
  }
  let passed = 0;
  const endpoint = await serveRedis(createMemoryEngine(() => Date.now() + passed));
  return {
    endpoint,
    age: async (_part, ms) => {
      passed += ms;
    },
  };
}
