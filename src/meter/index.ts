/** Tokens and prices. Budgets, spans and service levels join them when they are built. */

export { addUsage, NO_USAGE, type Usage } from "./usage.ts";
