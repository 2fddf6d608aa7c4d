/** One provider under test, and one attempt of it at a time. */
import type {
  ModelReply,
  ModelRequest,
  Provider,
  ProviderContext,
  ProviderFailure,
} from "../../../src/model/provider.ts";
import { assert } from "../../../src/platform/index.ts";
import type { Answer } from "./answer.ts";
import { ManualClock } from "./clock.ts";
import { REQUEST, type Rig } from "./rig.ts";

export const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Everything of one suite's rig that a case needs. */
export class Bench {
  readonly rig: Rig;
  clock = new ManualClock();
  provider: Provider | null = null;

  constructor(rig: Rig) {
    this.rig = rig;
  }

  async ask(
    answer: Answer,
    more: { readonly request?: Partial<ModelRequest>; readonly context?: Partial<ProviderContext> } = {},
  ) {
    assert(this.provider !== null, "the rig has been started");
    const messages = this.rig.play(answer);
    return this.provider.complete(
      "test-model",
      { ...REQUEST, messages, ...more.request },
      {
        signal: new AbortController().signal,
        clock: this.clock,
        traceparent: TRACEPARENT,
        timeoutMs: 600_000,
        attempt: 1,
        priorAttempts: 0,
        onText: () => undefined,
        ...more.context,
      },
    );
  }

  async reply(...args: Parameters<Bench["ask"]>): Promise<ModelReply> {
    const outcome = await this.ask(...args);
    assert(outcome.ok, `the attempt failed: ${JSON.stringify(outcome)}`);
    return outcome.value;
  }

  async failure(...args: Parameters<Bench["ask"]>): Promise<ProviderFailure> {
    const outcome = await this.ask(...args);
    assert(!outcome.ok, `the attempt succeeded: ${JSON.stringify(outcome)}`);
    return outcome.error;
  }
}
