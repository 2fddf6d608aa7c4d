/**
 * A model without latency: speaks OpenAI's wire, and does what the last text of a user asks. `tools=5` calls the first tool until
 * five results are there, then answers; `gated` waits with its text until `release`, and `open-ended` with the end of its answer
 * until the next one; `pieces=N` sends N pieces of 2 KB.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Part, TOKENS } from "../case/model-wire/answer.ts";
import { openAiWire } from "../case/model-wire/openai-wire.ts";

export type ModelServer = {
  /** With its version path, as OPENAI_BASE_URL. */
  readonly url: string;
  /** Lets every gated answer go on. */
  readonly release: () => void;
  /** Resolves when a gated request has come. */
  readonly gated: () => Promise<void>;
  /** Requests so far. */
  readonly asked: () => number;
  close(): Promise<void>;
};

const PIECE = "word ".repeat(410);
/** Another one each time: a model that repeats itself is stopped. Tools of other names take what they are given. */
const toolCall = (name: string, step: number): Part & { readonly kind: "call" } => ({
  ...{ kind: "call", id: `call_${step}`, name },
  pieces: [JSON.stringify({ action: "search", path: "/workspace", query: `step ${step}` })],
});

type Wanted = {
  readonly tools: number;
  /** The first of those that are offered. */
  readonly toolName: string;
  readonly results: number;
  readonly pieces: number;
  readonly isGated: boolean;
  readonly isOpen: boolean;
};

async function readWanted(request: IncomingMessage): Promise<Wanted> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const number = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(body)?.[1] ?? 0);
  const results = body.split('"role":"tool"').length - 1;
  const [isGated, isOpen] = [body.includes("gated"), body.includes("open-ended")];
  const toolName = /"tools":\[\{"type":"function","function":\{"name":"(\w+)"/.exec(body)?.[1] ?? "";
  return { tools: number("tools"), toolName, results, pieces: number("pieces"), isGated, isOpen };
}

export async function startModelServer(): Promise<ModelServer> {
  let gate = Promise.withResolvers<void>();
  let arrival = Promise.withResolvers<void>();
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked++;
    const wanted = await readWanted(request);
    const writer = openAiWire.writer(TOKENS);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(writer.open());
    if (wanted.isGated) {
      arrival.resolve();
      await gate.promise;
    }
    if (wanted.results < wanted.tools) {
      response.end(writer.call(toolCall(wanted.toolName, wanted.results), "tool_calls") + writer.close("tool_calls"));
      return;
    }
    const pieces = Array.from({ length: wanted.pieces }, () => writer.text(PIECE));
    const text = pieces.length === 0 ? writer.text("done") : pieces.join("");
    if (!wanted.isOpen) {
      response.end(text + writer.close("stop"));
      return;
    }
    response.write(text);
    await gate.promise;
    response.end(writer.close("stop"));
  });
  // A connection that a server ends while it is used again is a lost call; hosted models keep theirs for longer than 5 s.
  server.keepAliveTimeout = 10 * 60 * 1_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on TCP has one
  return {
    url: `http://127.0.0.1:${port}/v1`,
    release: () => {
      gate.resolve();
      gate = Promise.withResolvers();
      arrival = Promise.withResolvers();
    },
    gated: () => arrival.promise,
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
