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
  /** Wakes an endpoint; null where there are no webhooks. */
  readonly ringWebhook: ((endpoint: Endpoint) => Promise<void>) | null;
};

export const consumersOf = ({ stream, ringWebhook }: ConsumerPorts): readonly Consumer[] => [
  usageConsumer,
  ...(ringWebhook === null ? [] : [createWebhookConsumer(ringWebhook)]),
  ...(stream === null ? [] : [createStreamConsumer(stream)]),
];

const unasked = () => Promise.reject(new Error("only the names are asked for"));

/** Their names alone, for programs that feed nobody. */
export const consumerNames = ({
  upstash,
  secretsMasterKey,
}: Pick<Config, "upstash" | "secretsMasterKey">): readonly string[] =>
  consumersOf({
    stream: upstash === null ? null : { keyOf: (tenant) => tenant, evaluate: unasked },
    ringWebhook: secretsMasterKey === null ? null : unasked,
  }).map(({ name }) => name);
