/** Events on their way out: what a consumer is. */
export type { Consumer } from "./consumer.ts";
