/** Who receives the events of tasks. A row here is all that a new consumer needs. */
import type { Config } from "./env.ts";
import {
  type Consumer,
  createStreamConsumer,
  createWebhookConsumer,
  type Endpoint,
  type StreamPort,
  usageConsumer,
} from "./event/index.ts";

export type ConsumerPorts = {
  /** Null without Redis: there is no stream then. */
  readonly stream: StreamPort | null;
  readonly ringWebhook: (endpoint: Endpoint) => Promise<void>;
};

export const consumersOf = ({ stream, ringWebhook }: ConsumerPorts): readonly Consumer[] => [
  usageConsumer,
  createWebhookConsumer(ringWebhook),
  ...(stream === null ? [] : [createStreamConsumer(stream)]),
];

const refuse = (): Promise<never> => Promise.reject(new Error("only the names are asked for"));
const NEVER_ASKED: StreamPort = { keyOf: (tenant) => tenant, evaluate: refuse };

/** Their names alone, for programs that feed nobody. */
export const consumerNames = ({ upstash }: Pick<Config, "upstash">): readonly string[] =>
  consumersOf({ stream: upstash === null ? null : NEVER_ASKED, ringWebhook: refuse }).map(({ name }) => name);
