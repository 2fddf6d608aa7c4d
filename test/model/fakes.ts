/** Providers and breakers that do as told, and a router around them that keeps what it did. */
import {
  type BreakerAnswer,
  type BreakerClient,
  type BreakerReport,
  createModelRouter,
  type ModelConfig,
  type ModelReply,
  type Provider,
  type ProviderContext,
  type ProviderFailure,
  type ProviderOutcome,
} from "../../src/model/index.ts";
import type { ProviderName, TurnContext } from "../../src/model/types.ts";
import { createLog } from "../../src/platform/index.ts";
import { TRACEPARENT } from "../case/model-wire/bench.ts";
import { JumpingClock } from "../case/model-wire/clock.ts";
import { CLAUDE_TIERS, configWith } from "./config.ts";

export const USAGE = { inputTokens: 1_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 100 };

export const reply = (text: string, more: Partial<ModelReply> = {}): ProviderOutcome & { readonly ok: true } => ({
  ok: true,
  value: { text, toolCalls: [], finishReason: "stop", usage: USAGE, ...more },
});

export const failure = (reason: ProviderFailure["reason"], more: Partial<ProviderFailure> = {}): ProviderOutcome => ({
  ok: false,
  error: { reason, status: null, retryAfterMs: null, detail: "as told", usage: null, ...more },
});

/** What a provider does with one call: an outcome, or something that makes one. */
export type Deed = ProviderOutcome | ((context: ProviderContext) => Promise<ProviderOutcome> | ProviderOutcome);

export const withText =
  (text: string, outcome: ProviderOutcome): Deed =>
  (context) => {
    context.onText(text);
    return outcome;
  };

class FakeProvider implements Provider {
  readonly name: string;
  readonly isLocal?: true;
  readonly calls: { readonly model: string; readonly context: ProviderContext }[] = [];
  readonly #deeds: Map<string, Deed[]>;

  /** @param deeds by model, in order; the last one of a model is repeated. */
  constructor(name: string, deeds: Readonly<Record<string, readonly Deed[]>>, isLocal = false) {
    this.name = name;
    this.#deeds = new Map(Object.entries(deeds).map(([model, list]) => [model, [...list]]));
    if (isLocal) this.isLocal = true;
  }

  get models(): string[] {
    return this.calls.map(({ model }) => model);
  }

  async complete(model: string, _request: unknown, context: ProviderContext): Promise<ProviderOutcome> {
    this.calls.push({ model, context });
    const deeds = this.#deeds.get(model) ?? [];
    const deed = deeds.length > 1 ? deeds.shift() : deeds[0];
    if (deed === undefined) throw new Error(`nothing was planned for ${model}`);
    return typeof deed === "function" ? deed(context) : deed;
  }
}

export class FakeBreaker implements BreakerClient {
  readonly reports: string[] = [];
  answers = new Map<string, BreakerAnswer>();
  onReport: (model: string) => void = () => undefined;

  async ask(model: string): Promise<BreakerAnswer> {
    return this.answers.get(model) ?? { kind: "closed" };
  }

  async report(model: string, report: BreakerReport): Promise<void> {
    this.reports.push(`${model} ${report.kind}${report.kind === "probe" ? ` ${report.result}` : ""}`);
    this.onReport(model);
  }
}

export const [OPUS, SONNET, HAIKU] = ["claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5"] as const;

export function setUp(
  deeds: Readonly<Record<string, readonly Deed[]>>,
  options: {
    readonly config?: Partial<ModelConfig>;
    readonly name?: ProviderName;
    readonly isLocal?: boolean;
    readonly random?: () => number;
    readonly breaker?: BreakerClient;
    readonly clock?: JumpingClock;
  } = {},
) {
  const clock = options.clock ?? new JumpingClock();
  const breaker = new FakeBreaker();
  const name = options.name ?? "anthropic";
  const provider = new FakeProvider(name, deeds, options.isLocal);
  const texts: string[] = [];
  const lines: string[] = [];
  const router = createModelRouter({
    config: configWith({ tiers: CLAUDE_TIERS, ...options.config }),
    breaker: options.breaker ?? breaker,
    random: options.random ?? (() => 0),
    log: createLog({}, (_level, line) => void lines.push(line)),
    providers: new Map([[name, provider]]),
  });
  const context = (more: Partial<TurnContext> = {}): TurnContext => ({
    tenant: "tenant-123",
    tier: "tier-1",
    signal: new AbortController().signal,
    clock,
    traceparent: TRACEPARENT,
    onText: (text) => void texts.push(text),
    onReset: ({ model, failure }) => void texts.push(`[reset ${model}: ${failure}]`),
    ...more,
  });
  return { router, provider, breaker, clock, texts, lines, context };
}
