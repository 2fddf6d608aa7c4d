/** Streams that never end and never say anything: what keeps a connection alive is no answer, and buys no time. */
import { describe, expect, it } from "vitest";
import { ATTEMPT_MS_MAX } from "../../src/model/limits.ts";
import { createAnthropicProvider } from "../../src/model/providers/anthropic.ts";
import { createOpenAiProvider } from "../../src/model/providers/openai.ts";
import { TRACEPARENT } from "../case/model-wire/bench.ts";
import { ManualClock } from "../case/model-wire/clock.ts";
import { REQUEST } from "../case/model-wire/rig.ts";

const BETWEEN_MS = 1_000;

/** The first piece at once, and then `again` every second, until the request is aborted. */
function endless(clock: ManualClock, pieces: { readonly first: string; readonly again: string }, signal: AbortSignal) {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (stream) => {
      stream.enqueue(encoder.encode(pieces.first));
      signal.addEventListener("abort", () => stream.error(signal.reason));
    },
    pull: async (stream) => {
      await clock.sleep(BETWEEN_MS, signal);
      stream.enqueue(encoder.encode(pieces.again));
    },
  });
}

const WIRES = [
  {
    name: "openai",
    create: createOpenAiProvider,
    text: 'data: {"choices":[{"delta":{"content":"Once"}}]}\n\n',
  },
  {
    name: "anthropic",
    create: createAnthropicProvider,
    text: 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Once"}}\n\n',
  },
] as const;

const SAYS_NOTHING = [
  ["comments", ": still here\n\n"],
  ["pings", "event: ping\ndata: {}\n\n"],
  ["pings that are no JSON", "event: ping\ndata: still here\n\n"],
  ["events without data", "data:\n\n"],
  ["one event that does not end", 'data: "x'],
] as const;

async function ask({ create }: (typeof WIRES)[number], pieces: { readonly first: string; readonly again: string }) {
  const clock = new ManualClock();
  const headers = Promise.withResolvers<void>();
  const provider = create({
    ...{ name: "openai", apiKey: "sk-of-the-operator", baseUrl: "http://models.test/v1" },
    fetch: async (_url, init) => {
      headers.resolve();
      return new Response(endless(clock, pieces, init?.signal ?? new AbortController().signal));
    },
  });
  const context = { clock, traceparent: TRACEPARENT, timeoutMs: ATTEMPT_MS_MAX, attempt: 1, priorAttempts: 0 };
  const { signal } = new AbortController();
  const outcome = provider.complete("test-model", REQUEST, { ...context, signal, onText: () => undefined });
  await headers.promise;
  // A turn of the loop for the first piece to be taken.
  await clock.advance(0);
  return { clock, outcome };
}

for (const wire of WIRES) {
  describe(wire.name, () => {
    it.each(SAYS_NOTHING)("gives up %s that come before the first token", async (_what, again) => {
      const { clock, outcome } = await ask(wire, { first: again, again });
      await clock.advance(ATTEMPT_MS_MAX);
      const detail = expect.stringContaining("no first token");
      expect(await outcome).toMatchObject({ ok: false, error: { reason: "timeout", detail } });
    });

    it.each(SAYS_NOTHING)("gives up %s that come in the middle of an answer", async (_what, again) => {
      const { clock, outcome } = await ask(wire, { first: wire.text, again });
      await clock.advance(ATTEMPT_MS_MAX);
      const detail = expect.stringContaining("stalled");
      expect(await outcome).toMatchObject({ ok: false, error: { reason: "timeout", detail } });
    });
  });
}
