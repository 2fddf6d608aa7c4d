/** The providers under test, each with something behind it that answers as told. */

import type { Message, ModelRequest, Provider } from "../../../src/model/provider.ts";
import { createAnthropicProvider } from "../../../src/model/providers/anthropic.ts";
import type { Fetch } from "../../../src/model/providers/attempt.ts";
import { createOfflineProvider, OFFLINE_LINE } from "../../../src/model/providers/offline.ts";
import { createOpenAiProvider, toOllamaBaseUrl } from "../../../src/model/providers/openai.ts";
import type { Answer } from "./answer.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { openAiWire } from "./openai-wire.ts";
import { ModelServer, type Wire } from "./server.ts";

export const API_KEY = "key-of-the-test";
export const USER_TEXT = "the-words-of-the-user";

export const REQUEST: ModelRequest = {
  systemStable: "You are Tester.",
  systemVariable: "",
  messages: [{ role: "user", text: USER_TEXT }],
  tools: [
    { id: "read_file", description: "Reads a file", parameters: { type: "object", properties: { path: {} } } },
    { id: "mcp.github.search", description: "Searches", parameters: { type: "object" } },
  ],
  maxOutputTokens: 512,
  agent: { name: "Ada", role: "Tester", goal: "Try things" },
};

export interface Rig {
  readonly name: string;
  /** Null: no server stands behind this provider, so cases about connections and wires do not apply. */
  readonly server: ModelServer | null;
  /** Milliseconds a request waits for response headers. */
  readonly headersMs: number;
  start(): Promise<Provider>;
  stop(): Promise<void>;
  /** Resolves when the provider has the headers of its next response. */
  headers(): Promise<void>;
  /** Has the next request answered so; returns the messages that ask for it. */
  play(answer: Answer): readonly Message[];
  /** The part of a reply's text that the answer asked for. */
  said(text: string): string;
}

function serverRig(
  name: string,
  wire: Wire,
  options: {
    readonly headersMs: number;
    readonly create: (server: { readonly origin: string; readonly fetch: Fetch }) => Provider;
  },
): Rig {
  const server = new ModelServer(wire);
  let arrived = Promise.withResolvers<void>();
  const watchedFetch: Fetch = async (input, init) => {
    const response = await fetch(input, init);
    arrived.resolve();
    return response;
  };
  return {
    name,
    server,
    headersMs: options.headersMs,
    start: async () => options.create({ origin: await server.start(), fetch: watchedFetch }),
    stop: () => server.stop(),
    headers: () => {
      arrived = Promise.withResolvers<void>();
      return arrived.promise;
    },
    play: (answer) => {
      server.play(answer);
      return REQUEST.messages;
    },
    said: (text) => text,
  };
}

/** The same answers as directives. */
function toScript(answer: Answer): string {
  if (answer.kind === "error") return `@fail ${openAiWire.error(answer.error).status}`;
  if (answer.kind !== "stream") throw new Error(`offline cannot play ${answer.kind}`);
  const cut = answer.end === "cut" ? ["@cut"] : [];
  const says = answer.parts.flatMap((part) => (part.kind === "text" ? [`@say ${part.text}`] : []));
  const calls = answer.parts.flatMap((part) =>
    part.kind === "call" ? [`@tool ${part.name} ${part.pieces.join("")}`] : [],
  );
  return [...cut, ...says, calls.join(" &\n")].join("\n");
}

/** Makers of the providers that have a server: the sources', or those of a bundle. */
type Makers = {
  readonly createAnthropicProvider: typeof createAnthropicProvider;
  readonly createOpenAiProvider: typeof createOpenAiProvider;
};

export const toServerRigs = ({ createAnthropicProvider, createOpenAiProvider }: Makers): readonly Rig[] => [
  serverRig("anthropic", anthropicWire, {
    headersMs: 10_000,
    create: ({ origin, fetch }) => createAnthropicProvider({ apiKey: API_KEY, baseUrl: origin, fetch }),
  }),
  serverRig("openai", openAiWire, {
    headersMs: 60_000,
    create: ({ origin, fetch }) =>
      createOpenAiProvider({ name: "openai", apiKey: API_KEY, baseUrl: `${origin}/v1`, fetch }),
  }),
  serverRig("ollama", openAiWire, {
    headersMs: 60_000,
    create: ({ origin, fetch }) =>
      createOpenAiProvider({ name: "ollama", apiKey: "none", baseUrl: toOllamaBaseUrl(origin), fetch }),
  }),
];

export const RIGS: readonly Rig[] = [
  ...toServerRigs({ createAnthropicProvider, createOpenAiProvider }),
  {
    name: "offline",
    server: null,
    headersMs: 0,
    start: async () => createOfflineProvider(),
    stop: async () => undefined,
    headers: async () => undefined,
    play: (answer) => [{ role: "user", text: toScript(answer) }],
    said: (text) => text.replace(OFFLINE_LINE, "").trim(),
  },
];
