/**
 * The floors: the least that the platform takes for what the product does, without any of the product. A new object that
 * writes a row; the same model calls, tool isolates and rows as a run; bytes passed through; bytes to many readers.
 */
import { DurableObject } from "cloudflare:workers";
import { OpenAI } from "openai";
import type {
  ChatCompletionChunk,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import { ROW_CHARS } from "./floor-rows.ts";

type Bindings = {
  readonly FLOOR: DurableObjectNamespace<FloorObject>;
  readonly LOADER: WorkerLoader;
  readonly MODEL_URL: string;
};

const CONSTANT = `
import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint { run() { return "{}"; } }`;

function runConstant(loader: WorkerLoader): Promise<string> {
  const code = { mainModule: "index.js", modules: { "index.js": CONSTANT }, env: {}, globalOutbound: null };
  const stub = loader.get("constant", () => ({ compatibilityDate: "2026-10-20", ...code }));
  // A cast, because the code above is what runs there.
  return (stub.getEntrypoint() as unknown as { run(): Promise<string> }).run();
}

/** As long as the system prompt of the pack that is measured, and a tool with as many parameters. */
const SYSTEM = "You are a runner and do what you are asked. ".repeat(36);
const text = { type: "string", description: "Some text, described in as many words." };
const TOOL: ChatCompletionTool = {
  type: "function",
  function: {
    name: "constant",
    description: "Files of the task",
    parameters: {
      type: "object",
      properties: { action: text, path: text, content: text, old: text, new: text, query: text },
      required: ["action", "path"],
      additionalProperties: false,
    },
  },
};

const ask = (text: string): ChatCompletionMessageParam[] => [
  { role: "system", content: SYSTEM },
  { role: "user", content: text },
];

type Reply = { content: string; tool_calls: ChatCompletionMessageFunctionToolCall[] };

/** The same call of the SDK as in a run: the whole conversation and a tool go there, a streamed reply comes back. */
async function callModel(baseURL: string, messages: ChatCompletionMessageParam[]): Promise<Reply> {
  const client = new OpenAI({ apiKey: "key", baseURL, maxRetries: 0 });
  const options = { stream: true, stream_options: { include_usage: true }, max_tokens: 8_192 } as const;
  const stream = await client.chat.completions.create({ model: "floor", messages, tools: [TOOL], ...options });
  const reply: Reply = { content: "", tool_calls: [] };
  for await (const chunk of stream) take(reply, chunk);
  return reply;
}

/** The same again, as the request and the stream that it is. */
async function requestModel(baseURL: string, messages: ChatCompletionMessageParam[]): Promise<Reply> {
  const options = { stream: true, stream_options: { include_usage: true }, max_tokens: 8_192 };
  const { body } = await fetch(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer key", "content-type": "application/json" },
    body: JSON.stringify({ model: "floor", messages, tools: [TOOL], ...options }),
  });
  const reply: Reply = { content: "", tool_calls: [] };
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body ?? []) text += decoder.decode(piece, { stream: true });
  for (const event of text.split("\n\n")) {
    if (event.startsWith("data: {")) take(reply, JSON.parse(event.slice("data: ".length)));
  }
  return reply;
}

function take(reply: Reply, { choices }: Pick<ChatCompletionChunk, "choices">): void {
  const delta = choices[0]?.delta;
  reply.content += delta?.content ?? "";
  for (const { index, id = "", function: { name = "", arguments: piece = "" } = {} } of delta?.tool_calls ?? []) {
    reply.tool_calls[index] ??= { id, type: "function", function: { name, arguments: "" } };
    reply.tool_calls[index].function.arguments += piece;
  }
}

export class FloorObject extends DurableObject<Bindings> {
  #readers: ReadableStreamDefaultController<Uint8Array>[] = [];

  #write(text: string): void {
    const { sql } = this.ctx.storage;
    sql.exec("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)");
    sql.exec("INSERT INTO rows (text) VALUES (?)", text);
  }

  writeRow(text: string): void {
    this.#write(text);
  }

  /** A run without anything around it: per step a model call, a tool's isolate, and a row for each; its own row three times. */
  async steps(tools: number, call: "SDK" | "request"): Promise<void> {
    const askModel = call === "SDK" ? callModel : requestModel;
    const { sql } = this.ctx.storage;
    const setTask = (state: string) =>
      sql.exec("INSERT OR REPLACE INTO task VALUES (1, ?)", state.padEnd(ROW_CHARS.task));
    const log = (text: string, chars: number) => sql.exec("INSERT INTO log (text) VALUES (?)", text.padEnd(chars));
    for (const name of ["task", "log"]) sql.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, text TEXT)`);
    setTask("accepted");
    setTask("started");
    log("started", ROW_CHARS.begin);
    const messages = ask(`tools=${tools}`);
    for (;;) {
      const { content, tool_calls } = await askModel(this.env.MODEL_URL, messages);
      const isLast = tool_calls.length === 0;
      log(JSON.stringify({ content, tool_calls }), isLast ? ROW_CHARS.answer : ROW_CHARS.reply);
      if (isLast) return void setTask("ended");
      messages.push({ role: "assistant", content, tool_calls });
      for (const { id } of tool_calls) {
        const result = await runConstant(this.env.LOADER);
        log(result, ROW_CHARS.result);
        messages.push({ role: "tool", tool_call_id: id, content: result });
      }
    }
  }

  /** What the model sends, each piece stored before it is passed on. */
  async relay(text: string): Promise<ReadableStream<Uint8Array>> {
    const { body } = await fetch(`${this.env.MODEL_URL}/chat/completions`, { method: "POST", body: text });
    const reader = (body ?? new ReadableStream<Uint8Array>()).getReader();
    const decoder = new TextDecoder();
    return new ReadableStream({
      pull: async (controller) => {
        const { value, done } = await reader.read();
        if (done) return controller.close();
        this.#write(decoder.decode(value, { stream: true }));
        await this.ctx.storage.sync();
        controller.enqueue(value);
      },
    });
  }

  subscribe(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        this.#readers.push(controller);
        controller.enqueue(new TextEncoder().encode("open\n"));
      },
    });
  }

  publish(sizes: readonly number[]): void {
    for (const bytes of sizes) {
      const chunk = new Uint8Array(bytes).fill(120);
      for (const reader of this.#readers) reader.enqueue(chunk);
    }
    for (const reader of this.#readers) reader.close();
    this.#readers = [];
  }
}

/** The type keeps Miniflare from compressing it, as it does what the product streams. */
const asEvents = (stream: ReadableStream<Uint8Array>): Response =>
  new Response(stream, { headers: { "content-type": "text/event-stream" } });

const done = (): Response => new Response("done");

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string): number => Number(searchParams.get(name) ?? 0);
    const object = () => env.FLOOR.getByName(searchParams.get("name") ?? "");
    switch (pathname) {
      case "/object":
        await object().writeRow(await request.text());
        return done();
      case "/steps":
        await object().steps(number("tools"), searchParams.get("call") === "request" ? "request" : "SDK");
        return done();
      case "/model":
        await callModel(env.MODEL_URL, ask("nothing"));
        return done();
      case "/pass":
        return fetch(`${env.MODEL_URL}/chat/completions`, { method: "POST", body: await request.text() });
      case "/relay":
        return asEvents(await object().relay(await request.text()));
      case "/subscribe":
        return asEvents(await object().subscribe());
      case "/publish":
        await object().publish(searchParams.getAll("bytes").map(Number));
        return done();
      default:
        return done();
    }
  },
};
