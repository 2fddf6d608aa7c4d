/** A reader whose line breaks, at a server whose events are known: it has them all, and notices when it was sent others. */
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../../../scripts/draw.ts";
import { encodeFrames, framesBetween } from "../../../src/task/journal/frames.ts";
import { type Line, noCuts, readWithCuts } from "./cut-reader.ts";

const COUNT = 40;
const WHOLE = encodeFrames(
  Array.from({ length: COUNT }, (_, at) => ({ type: "text.delta", data: { text: `слово 🙂 ${at}\n\nid: 9` } })),
  1,
  0,
);

/** Sends what follows the position it is named, and a comment where one may stand. */
const serve = (extra: number): Server =>
  createServer(({ headers }, response) => {
    response.on("error", () => undefined); // the reader goes away
    const after = Number(headers["last-event-id"] ?? 0);
    response.end(`: ping\n\n${framesBetween(WHOLE, Math.max(0, after - (after > 0 ? extra : 0)), COUNT)}`);
  });

const servers = { exact: serve(0), repeating: serve(1) };
const lineTo = (server: Server): Line => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}`, tenant: "a", taskId: "t" };
};

beforeAll(async () => {
  for (const server of Object.values(servers)) await new Promise<void>((up) => void server.listen(0, "127.0.0.1", up));
});
afterAll(() => {
  for (const server of Object.values(servers)) server.close().closeAllConnections();
});

describe("a reader whose line breaks", () => {
  it("puts together what was sent, wherever the line breaks", async () => {
    const count = noCuts();
    const plan = { cuts: 100, random: seeded(1), isGoingOn: () => false, count };
    const transcripts = await readWithCuts(lineTo(servers.exact), plan);
    expect(new Set(transcripts)).toEqual(new Set([WHOLE]));
    expect(count).toMatchObject({ made: 100, whileGoingOn: 0 });
    expect(count.beforeAny).toBeGreaterThan(0);
    expect(count.inFrame).toBeGreaterThan(0);
  });

  it("has other bytes when an event is sent again", async () => {
    const plan = { cuts: 20, random: seeded(2), isGoingOn: () => true, count: noCuts() };
    const transcripts = await readWithCuts(lineTo(servers.repeating), plan);
    expect(transcripts.filter((one) => one !== WHOLE)).not.toEqual([]);
  });
});
