/**
 * A page in a real Chromium streams RunAgent from the real server, started as `npm start` starts it. The page comes
 * from another origin, so the door's answers to preflights and to foreign origins are part of what is shown.
 */
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { dropDataDir, freePort, newDataDir, type Server as RunningServer, startServer } from "../flow/server.ts";
import type { RunOptions } from "./page/run-agent.ts";

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** One step that calls a tool, one that answers. */
const INPUT = [
  `@tool code_executor ${JSON.stringify({ language: "javascript", code: "console.log(6 * 7)" })}`,
  "@say The browser asked, the tool answered.",
].join("\n");

const Messages = z.array(
  z.object({
    kind: z.enum(["textChunk", "toolCall", "toolResult", "status", "textReset"]),
    sequence: z.number(),
    text: z.string(),
    success: z.boolean().nullable(),
    state: z.string().nullable(),
  }),
);

/** Serves the page and its script on a port of its own: another origin than the server's. */
async function servePage(script: string): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript ? script : '<!doctype html><title>page</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the page has no port");
  return { server, origin: `http://127.0.0.1:${address.port}` };
}

async function bundle(): Promise<string> {
  const entry = join(import.meta.dirname, "page", "run-agent.ts");
  const built = await build({ entryPoints: [entry], bundle: true, format: "esm", platform: "browser", write: false });
  return built.outputFiles[0]?.text ?? "";
}

const dataDir = newDataDir();
let server: RunningServer;
let browser: Browser;
let known: Awaited<ReturnType<typeof servePage>>;
let stranger: Awaited<ReturnType<typeof servePage>>;

beforeAll(async () => {
  const script = await bundle();
  [known, stranger] = await Promise.all([servePage(script), servePage(script)]);
  server = await startServer({ dataDir, port: await freePort(), env: { CORS_ORIGINS: known.origin } });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: CHROMIUM_FLAGS,
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.interrupt();
  for (const page of [known, stranger]) page?.server.close();
  dropDataDir(dataDir);
});

async function open(origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin, { waitUntil: "load" });
  return page;
}

const runIn = async (page: Page, options: RunOptions) =>
  Messages.parse(await page.evaluate(`globalThis.runAgent(${JSON.stringify(options)})`));

describe("a page in Chromium", () => {
  for (const protocol of ["connect-json", "connect-binary", "grpc-web"] as const) {
    it(`streams RunAgent to its final status over ${protocol}`, async () => {
      const page = await open(known.origin);
      const key = `browser-${protocol}`;
      const messages = await runIn(page, { baseUrl: server.url, protocol, input: INPUT, key });

      const last = messages.at(-1);
      expect(last?.state).toBe("DONE");
      expect(messages.filter((message) => message.kind === "status")).toEqual([last]);
      expect(messages.filter((message) => message.kind === "toolCall")).toHaveLength(1);
      expect(messages.find((message) => message.kind === "toolResult")?.success).toBe(true);
      expect(messages.map((message) => message.text).join("")).toContain("The browser asked, the tool answered.");
      const sequences = messages.map((message) => message.sequence);
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));

      // The same key reaches the same task: its stream reads the same the second time.
      expect(await runIn(page, { baseUrl: server.url, protocol, input: INPUT, key })).toEqual(messages);
      await page.close();
    });
  }

  it("of an origin that is not configured is refused", async () => {
    const page = await open(stranger.origin);
    const attempt = runIn(page, { baseUrl: server.url, protocol: "connect-json", input: INPUT, key: "stranger" });
    await expect(attempt).rejects.toThrow(/Failed to fetch|permission_denied/);
    await page.close();
  });
});
