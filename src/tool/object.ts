/**
 * The kill switch between a task's object and a tool's isolate: one invocation per call. When `run` returns, workerd
 * cancels whatever the isolate still does for it; a promise raced in the object would leave the isolate running.
 *
 * An isolate has no network, no bindings and no secrets. A call that may reach something is handed a gateway of its
 * own, which lives in this invocation. Imports `cloudflare:workers`, so it is not part of `index.ts`, which must load in
 * plain Node.
 */
import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { createLog, systemClock } from "../platform/index.ts";
import type { Gateway, GatewayAnswer, GatewayRequest } from "./contract.ts";
import type { EgressGrant, OpenedSecret } from "./egress.ts";
import { type CallGateway, createGateway } from "./egress-gateway.ts";
import { askIsolate, type IsolateBindings } from "./isolate.ts";
import { type Finish, raceAnswer } from "./race.ts";
import type { RunnerAnswer, RunnerCall, ToolRunnerProps } from "./runner.ts";

/** The object that keeps a tenant's secrets, by the tenant's name. */
type SecretKeeper = {
  open(tenant: string, names: readonly string[]): Promise<readonly OpenedSecret[]>;
};

/** Bindings this entrypoint uses; it sees the others and passes none on. */
type Bindings = IsolateBindings & {
  readonly SECRET: { getByName(tenant: string): SecretKeeper };
};

export { ToolGateObject } from "./gate-object.ts";

type IsolateEntrypoint = { run(requestJson: string, gateway: Gateway | null): Promise<unknown> };

/**
 * A call's gateway as its isolate holds it. Another call of the same isolate cannot use it: what an isolate keeps of an
 * argument dies with the invocation that passed it, and the gateway itself is closed before that.
 */
class GatewayTarget extends RpcTarget implements Gateway {
  readonly #gateway: CallGateway;
  constructor(gateway: CallGateway) {
    super();
    this.#gateway = gateway;
  }
  send(request: GatewayRequest): Promise<GatewayAnswer> {
    return this.#gateway.send(request);
  }
}

export class ToolRunner extends WorkerEntrypoint<Bindings, ToolRunnerProps> {
  /**
   * @param cancelled a call back to the caller, which settles it when the answer is no longer wanted, and also when it
   * has the answer: an open call back keeps this invocation alive, and with it the isolate (tried: timers in the
   * isolate went on). A caller that dies settles it too.
   */
  async run(call: RunnerCall, cancelled: () => Promise<void>): Promise<RunnerAnswer> {
    const gateway = call.egress === undefined ? null : this.#gateway(call.egress);
    const target = gateway === null ? null : new GatewayTarget(gateway);
    const answer = askIsolate(this.env, this.ctx.props.tenant, call, (entrypoint) =>
      // A cast, because what runs there is known to be one of our workers by its digest, not by its type.
      (entrypoint as unknown as IsolateEntrypoint).run(call.requestJson, target),
    );
    const finish = await raceAnswer(answer, {
      timeoutMs: call.timeoutMs,
      clock: systemClock,
      cancelled: cancelled(),
    });
    const egress = gateway?.close() ?? [];
    return { ...this.#end(finish, gateway), ...(egress.length === 0 ? {} : { egress }) };
  }

  #end(finish: Finish<RunnerAnswer>, gateway: CallGateway | null): RunnerAnswer {
    switch (finish.kind) {
      case "answer": {
        const { value } = finish;
        // A server may have sent a secret back in a spelling that only the tool undid.
        if (gateway === null || value.kind !== "answer") return value;
        const json = gateway.redact(value.json);
        return json === null ? { kind: "too_large" } : { ...value, json };
      }
      case "failed":
        return { kind: "failed" };
      case "timeout":
      case "cancelled":
        return { kind: finish.kind };
    }
  }

  #gateway(grant: EgressGrant): CallGateway {
    const { tenant, taskId } = this.ctx.props;
    return createGateway({
      grant,
      openSecrets: (names) => this.env.SECRET.getByName(tenant).open(tenant, names),
      fetch: (url, init) => fetch(url, init),
      clock: systemClock,
      log: createLog({ tenant_id: tenant, task_id: taskId }),
    });
  }
}
