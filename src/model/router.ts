/**
 * One model turn: tries the models of a tier's chain in order, each a few times, and comes back with a priced reply or
 * with the reason there is none. The only layer that retries; what a failure means is decided in retry.ts.
 */
import {
  addCharge,
  addUsage,
  type Charge,
  NO_CHARGE,
  NO_USAGE,
  priceMicros,
  toCharge,
  toCost,
  type Usage,
  untoldCall,
  warmPrices,
} from "../meter/index.ts";
import type { Log, Random, Result } from "../platform/index.ts";
import type { BreakerClient } from "./breaker-client.ts";
import { ATTEMPT_MS_MAX, ATTEMPT_MS_MIN, ATTEMPTS_PER_MODEL, TURN_MS_MAX } from "./limits.ts";
import type { ModelRequest, Provider, ProviderFailure, ProviderOutcome } from "./provider.ts";
import type { Fetch } from "./providers/attempt.ts";
import { createProviders } from "./providers/index.ts";
import { CONSEQUENCES, describeFailure, nextDelayMs, nextOutageMs } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";
import { isTierAllowed, modelsFor, resolveModel, toModelName } from "./tiers.ts";
import type { ModelConfig, ModelRef, ModelRouter, ProviderName, Turn, TurnContext, TurnFailure } from "./types.ts";

type RouterOptions = {
  readonly config: ModelConfig;
  readonly breaker: BreakerClient;
  readonly random: Random;
  readonly log: Log;
  /** Default: the platform's. */
  readonly fetch?: Fetch;
  /** Default: those that the configuration names. */
  readonly providers?: ReadonlyMap<ProviderName, Provider>;
};

export function createModelRouter(options: RouterOptions): ModelRouter {
  const { config } = options;
  // The platform's fetch is looked up at each call, so that a test or a tracer may stand in front of it.
  const fetch: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const providers = options.providers ?? createProviders(config, fetch);
  const budget = new RetryBudget();
  return {
    modelOf: (tier) => toModelName(resolveModel(config, tier)),
    isAllowed: (tenant, tier) => isTierAllowed(config, tenant, tier),
    complete: (request, context) => new TurnRun({ ...options, providers, budget }, request, context).run(),
  };
}

type Services = Omit<RouterOptions, "providers"> & {
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly budget: RetryBudget;
};

/** Why a model was given up. A breaker that is open counts as an outage of its own. */
type GivenUp = {
  readonly model: string;
  readonly failure: Pick<ProviderFailure, "reason" | "status" | "retryAfterMs"> | { readonly reason: "breaker_open" };
  readonly isOutage: boolean;
  /** When the model may be worth another try; null when nobody said. */
  readonly retryAfterMs: number | null;
};

type Permit = { readonly kind: "closed" } | { readonly kind: "probe"; readonly lease: string };

/** What one model's attempts came to. */
type ModelEnd =
  | { readonly kind: "turn"; readonly turn: Turn }
  | { readonly kind: "fatal"; readonly failure: TurnFailure }
  | { readonly kind: "given_up"; readonly why: GivenUp };

class TurnRun {
  readonly #services: Services;
  readonly #request: ModelRequest;
  readonly #context: TurnContext;
  readonly #endsAt: number;
  #attempts = 0;
  #usage: Usage = NO_USAGE;
  #charge: Charge = NO_CHARGE;
  /** Micros that are set aside for the attempt under way; null where that is not known. */
  #setAside: number | null = null;
  /** Text was handed out since the last reset. */
  #hasStreamed = false;
  #lastFailure = "";

  constructor(services: Services, request: ModelRequest, context: TurnContext) {
    this.#services = services;
    this.#request = request;
    this.#context = context;
    this.#endsAt = context.clock.now() + TURN_MS_MAX;
  }

  async run(): Promise<Result<Turn, TurnFailure>> {
    const { config } = this.#services;
    const givenUp: GivenUp[] = [];
    for (const ref of modelsFor(config, this.#context.tenant, this.#context.tier)) {
      this.#context.signal.throwIfAborted();
      const end = await this.#tryModel(ref);
      if (end.kind === "turn") return { ok: true, value: end.turn };
      if (end.kind === "fatal") return { ok: false, error: end.failure };
      givenUp.push(end.why);
    }
    return { ok: false, error: this.#giveUp(givenUp) };
  }

  async #tryModel(ref: ModelRef): Promise<ModelEnd> {
    const { providers, budget, random } = this.#services;
    const { clock } = this.#context;
    const provider = providers.get(ref.provider);
    const model = toModelName(ref);
    // parseConfig refuses a tier without its provider; a hole here would be a bug, and still must not lose a task.
    if (provider === undefined) return { kind: "given_up", why: givenUp(model, UNCONFIGURED) };
    for (let attempt = 1; ; attempt += 1) {
      const unpaid = await this.#context.checkBudget?.({ model, ...this.#charge });
      if (typeof unpaid === "string") return { kind: "fatal", failure: this.#toUnpaid(unpaid) };
      this.#setAside = unpaid ?? null;
      const permit = await this.#askBreaker(provider, model);
      if (permit.kind === "open") return { kind: "given_up", why: breakerOpen(model, permit.retryAfterMs) };
      const outcome = await this.#attempt(provider, ref, attempt, permit);
      if (outcome.ok) return { kind: "turn", turn: this.#toTurn(outcome, model) };
      const { error } = outcome;
      const { fatal } = CONSEQUENCES[error.reason];
      this.#log(model, attempt, error);
      if (fatal !== null) return { kind: "fatal", failure: this.#toFailure("fatal", fatal, model, error) };
      const delayMs = nextDelayMs(attempt, error.retryAfterMs, random);
      const isLast =
        attempt >= ATTEMPTS_PER_MODEL ||
        delayMs === null ||
        clock.now() + delayMs + ATTEMPT_MS_MIN > this.#endsAt ||
        (provider.isLocal !== true && !budget.tryRetry(this.#context.tenant, provider.name, clock.now()));
      this.#lastFailure = describeFailure(model, error);
      if (isLast) return { kind: "given_up", why: givenUp(model, error, provider) };
      await clock.sleep(delayMs, this.#context.signal);
    }
  }

  /** A refusal that no retry mends needs a person: an error, so that an alert can be hung on it. */
  #log(model: string, attempt: number, { reason, detail }: ProviderFailure): void {
    const log = this.#services.log.with({ tenant_id: this.#context.tenant });
    const facts = { model, attempt, reason, detail, traceparent: this.#context.traceparent };
    if (CONSEQUENCES[reason].fatal === null) log.warn("model.attempt_failed", facts);
    else log.error("model.refused", facts);
  }

  async #askBreaker(provider: Provider, model: string): Promise<Permit | { kind: "open"; retryAfterMs: number }> {
    if (provider.isLocal === true) return { kind: "closed" };
    return this.#services.breaker.ask(model);
  }

  /** One call of the provider, its tokens counted and its breaker told. */
  async #attempt(provider: Provider, ref: ModelRef, attempt: number, permit: Permit): Promise<ProviderOutcome> {
    const { budget } = this.#services;
    const { clock, signal, tenant, traceparent } = this.#context;
    const model = toModelName(ref);
    if (this.#hasStreamed) this.#context.onReset({ model, failure: this.#lastFailure });
    this.#hasStreamed = false;
    this.#attempts += 1;
    budget.recordCall(tenant, provider.name, clock.now());
    const probe = this.#openProbe(model, permit);
    void warmPrices(model);
    try {
      // What ended the run while the breaker was asked has no model asked for it.
      signal.throwIfAborted();
      const outcome = await provider.complete(ref.model, this.#request, {
        signal,
        clock,
        traceparent,
        timeoutMs: Math.max(1, Math.min(ATTEMPT_MS_MAX, this.#endsAt - clock.now())),
        attempt,
        priorAttempts: this.#context.priorAttempts ?? 0,
        onText: (text) => {
          this.#hasStreamed = true;
          // The provider is at work again: waiting for the end of a long answer would hold everybody else back.
          probe.settle("success");
          this.#context.onText(text);
        },
      });
      if (outcome.ok) probe.settle("success");
      else await this.#reportFailure(provider, model, permit, probe, outcome.error);
      await this.#count(model, outcome);
      return outcome;
    } finally {
      probe.settle("released");
    }
  }

  /** The first verdict on a probe counts. Without a probe there is nothing to settle. */
  #openProbe(model: string, permit: Permit) {
    const { breaker } = this.#services;
    let isOpen = permit.kind === "probe";
    return {
      settle: (result: "success" | "failure" | "released"): boolean => {
        if (!isOpen || permit.kind !== "probe") return false;
        isOpen = false;
        // Not awaited: a report never rejects, and the answer need not wait for it.
        void breaker.report(model, { kind: "probe", lease: permit.lease, result });
        return true;
      },
    };
  }

  async #reportFailure(
    provider: Provider,
    model: string,
    permit: Permit,
    probe: { readonly settle: (result: "failure") => boolean },
    error: ProviderFailure,
  ): Promise<void> {
    if (provider.isLocal === true || !CONSEQUENCES[error.reason].countsForBreaker) return;
    // A probe that had succeeded with its first token and failed later is an ordinary failure of a closed breaker.
    if (permit.kind === "probe" && probe.settle("failure")) return;
    // Awaited, so that the next attempt of this turn already sees a breaker that this failure opened.
    await this.#services.breaker.report(model, { kind: "failure" });
  }

  async #count(model: string, outcome: ProviderOutcome): Promise<void> {
    const usage = outcome.ok ? outcome.value.usage : outcome.error.usage;
    const isMore = isUncounted(outcome);
    if (usage === null && !isMore) return;
    this.#usage = addUsage(this.#usage, usage ?? NO_USAGE);
    const told = toCharge({ costMicros: await priceMicros(model, usage ?? NO_USAGE) });
    // What was told is spent in any case, and so may be what was not.
    const isUntold = isMore && !model.startsWith("offline/");
    // What was told of it is part of what was set aside.
    const rest = this.#setAside === null ? null : Math.max(0, this.#setAside - told.spentMicros);
    const charge = isUntold ? addCharge({ ...told, uncounted: 0 }, untoldCall(rest)) : told;
    this.#charge = addCharge(this.#charge, charge);
  }

  #toTurn(outcome: ProviderOutcome & { readonly ok: true }, model: string): Turn {
    return {
      reply: outcome.value,
      model,
      attempts: this.#attempts,
      usage: this.#usage,
      ...toCost(this.#charge),
    };
  }

  #toFailure(
    kind: TurnFailure["kind"],
    code: TurnFailure["code"],
    model: string,
    failure: Pick<ProviderFailure, "reason" | "status" | "retryAfterMs">,
  ): TurnFailure {
    return {
      kind,
      code,
      message: describeFailure(model, failure),
      retryAfterMs: failure.retryAfterMs,
      usage: this.#usage,
      ...toCost(this.#charge),
    };
  }

  #toUnpaid(message: string): TurnFailure {
    const spent = { usage: this.#usage, ...toCost(this.#charge) };
    return { kind: "fatal", code: "BUDGET_EXHAUSTED", message, retryAfterMs: null, ...spent };
  }

  /** Every model failed. When all of them are down the task waits; when one merely failed, the turn did. */
  #giveUp(all: readonly GivenUp[]): TurnFailure {
    const isOutage = all.every((one) => one.isOutage);
    const hints = all.flatMap((one) => (one.retryAfterMs === null ? [] : [one.retryAfterMs]));
    const soonest = hints.length > 0 ? Math.min(...hints) : null;
    return {
      kind: isOutage ? "outage" : "attempt",
      code: isOutage ? "PROVIDER_UNAVAILABLE" : "PROVIDER_ERROR",
      message: all.map(toSentence).join(" "),
      retryAfterMs: isOutage ? Math.max(1_000, soonest ?? nextOutageMs(this.#services.random)) : null,
      usage: this.#usage,
      ...toCost(this.#charge),
    };
  }
}

/** Whether it may have cost more than the provider told. */
const isUncounted = (outcome: ProviderOutcome): boolean =>
  outcome.ok
    ? outcome.usageMissing === true
    : (outcome.error.usage === null || outcome.error.isPartial === true) && mayHaveCost(outcome.error);

const mayHaveCost = ({ reason, hasBegun }: ProviderFailure): boolean =>
  hasBegun === true || CONSEQUENCES[reason].mayCost;

const UNCONFIGURED = { reason: "connect", status: null, retryAfterMs: null } as const;

function givenUp(
  model: string,
  failure: Pick<ProviderFailure, "reason" | "status" | "retryAfterMs">,
  provider?: Provider,
): GivenUp {
  return {
    model,
    failure,
    isOutage: CONSEQUENCES[failure.reason].isOutage && provider?.isLocal !== true,
    retryAfterMs: failure.retryAfterMs,
  };
}

const breakerOpen = (model: string, retryAfterMs: number): GivenUp => ({
  model,
  failure: { reason: "breaker_open" },
  isOutage: true,
  retryAfterMs,
});

const toSentence = ({ model, failure }: GivenUp): string =>
  failure.reason === "breaker_open"
    ? `${model} failed too often and is not asked for now.`
    : describeFailure(model, failure);
