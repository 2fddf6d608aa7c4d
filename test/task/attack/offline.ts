/** The user's calls, and the orders of what was pasted into an input, as directives of the offline model. */
import { type Call, type Errand, ordersIn } from "./gullible.ts";

const CALLS_MAX = 40;

/** In ASCII, so that the firewall leaves the arguments as they are. */
const plain = (args: Call[1]): string =>
  JSON.stringify(args).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

const toTurn = (calls: readonly Call[]): string =>
  calls
    .slice(0, CALLS_MAX)
    .map(([tool, args]) => `@tool ${tool.trim()} ${plain(args)}`)
    .join(" &\n");

/** First what the user wants, then the first order of every chain in one turn, then the second ones. */
export function toDirectives({ turns, isGullible }: Errand, pasted: string): string {
  const chains = (isGullible ? ordersIn([pasted]) : []).map((chain) => chain.filter(([tool]) => tool !== "say"));
  const ranks = Array.from({ length: Math.max(0, ...chains.map(({ length }) => length)) }, (_, rank) =>
    chains.flatMap((chain) => (chain[rank] === undefined ? [] : [chain[rank]])),
  );
  return [...turns, ...ranks].map(toTurn).concat(pasted.replaceAll("@", "(at)")).join("\n");
}
