/**
 * What runs in the isolate of a tenant's policy: it has no network, no bindings, and one policy. Everything that happens
 * here ends in a value, because errors lose their class on the way out.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { type IsolateAnswer, type Machine, startMachine } from "./machine.ts";
import module from "./policy.wasm";

const MESSAGE_CHARS_MAX = 300;

/** Kept between questions, which leave nothing behind; made anew after one that broke off. */
let machine: Machine | null = null;

// biome-ignore lint/style/noDefaultExport: a Worker's entrypoint is its default export
export default class extends WorkerEntrypoint {
  ask(inputJson: string): IsolateAnswer {
    try {
      machine ??= startMachine(module);
      return { kind: "answer", json: machine.ask(inputJson) };
    } catch (thrown) {
      machine = null;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      return { kind: "failed", message: message.slice(0, MESSAGE_CHARS_MAX) };
    }
  }
}
