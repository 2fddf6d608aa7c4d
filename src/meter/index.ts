/** Tokens and prices. Budgets, spans and service levels join them when they are built. */

export {
  addCharge,
  type Charge,
  type Cost,
  mostOf,
  NO_CHARGE,
  toCharge,
  toCost,
  uncoveredOf,
  untoldCall,
} from "./charge.ts";
export { priceMicros, warmPrices } from "./prices.ts";
export { reserveMicros } from "./reserve.ts";
export { addUsage, NO_USAGE, type Usage } from "./usage.ts";
