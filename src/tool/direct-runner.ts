/**
 * Calls that reach nothing, made by the task's object itself: a request to the isolate, which the platform stops when
 * the request is taken back, as it stops whatever a client no longer waits for. A call with a gateway needs an
 * invocation of its own, `ToolRunner`, because a gateway cannot be sent along with a request.
 */
import { type Clock, readText } from "../platform/index.ts";
import { ANSWER_HEADER, ANSWERED_IN_HEAD, CALL_HEADER, fitsHead } from "./contract.ts";
import type { RunnerFor, RunnerStub } from "./host.ts";
import { askIsolate, type IsolateBindings } from "./isolate.ts";
import { ANSWER_LENGTH_MAX, ANSWER_PIECE_BYTES } from "./limits.ts";
import { raceAnswer } from "./race.ts";
import type { RunnerAnswer, ToolRunnerProps } from "./runner.ts";

/** @param gated makes the stub of an invocation: in production `(props) => ctx.exports.ToolRunner({ props })`. */
export const createRunners =
  (bindings: IsolateBindings, gated: (props: ToolRunnerProps) => RunnerStub, clock: Clock): RunnerFor =>
  (props, reaches) =>
    reaches ? gated(props) : createDirectRunner(bindings, props.tenant, clock);

export function createDirectRunner(bindings: IsolateBindings, tenant: string, clock: Clock): RunnerStub {
  return {
    run: async (call, cancelled): Promise<RunnerAnswer> => {
      const kill = new AbortController();
      const answer = askIsolate(bindings, tenant, call, (entrypoint) => ask(entrypoint, call.requestJson, kill.signal));
      const { timeoutMs } = call;
      const finish = await raceAnswer(answer, { timeoutMs, clock, cancelled: cancelled() });
      const end = finish.kind === "answer" ? finish.value : ({ kind: finish.kind } as const);
      // Also what failed or was too large may go on: nobody reads its answer to the end, and its isolate knows nothing of it.
      if (end.kind !== "answer") kill.abort();
      return end;
    },
  };
}

/** @returns the isolate's text, longer than any answer where it is cut; null when it gave none. */
async function ask(entrypoint: Fetcher, call: string, signal: AbortSignal): Promise<string | null> {
  const message = fitsHead(call) ? { headers: { [CALL_HEADER]: call } } : { method: "POST", body: call };
  // The host name is never looked up: the isolate answers. A redirect of its own would lead back to it.
  const response = await entrypoint.fetch("http://tool/", { ...message, signal, redirect: "manual" });
  if (response.status === ANSWERED_IN_HEAD) return response.headers.get(ANSWER_HEADER);
  return response.ok && response.body !== null ? readText(piecesOf(response.body), ANSWER_LENGTH_MAX) : null;
}

/** Whole ones, whatever the isolate writes: each costs this object work and room, and single bytes would be millions. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  for (;;) {
    const { value } = await reader.readAtLeast(ANSWER_PIECE_BYTES, new Uint8Array(ANSWER_PIECE_BYTES));
    if (value !== undefined) yield value;
    // Less than was asked for is all that was left.
    if (value === undefined || value.byteLength < ANSWER_PIECE_BYTES) return;
  }
}
