/** Who receives the events of tasks. A row here is all that a new consumer needs. */
import type { Config } from "./env.ts";
import { type Consumer, createStreamConsumer, type StreamPort, usageConsumer } from "./event/index.ts";

export type ConsumerPorts = {
  /** Null without Redis: there is no stream then. */
  readonly stream: StreamPort | null;
};

export const consumersOf = ({ stream }: ConsumerPorts): readonly Consumer[] => [
  usageConsumer,
  ...(stream === null ? [] : [createStreamConsumer(stream)]),
];

const NEVER_ASKED: StreamPort = {
  keyOf: (tenant) => tenant,
  evaluate: () => Promise.reject(new Error("only the names are asked for")),
};

/** Their names alone, for programs that feed nobody. */
export const consumerNames = ({ upstash }: Pick<Config, "upstash">): readonly string[] =>
  consumersOf({ stream: upstash === null ? null : NEVER_ASKED }).map(({ name }) => name);
