/**
 * The price table as the Worker needs it: rates of the providers that its router can name. The package brings those of
 * forty more, which are 65 KB compressed and would be compiled by every isolate.
 */
import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import type { Plugin } from "esbuild";

/** Those of the router that have list prices. */
const PRICED: readonly string[] = ["anthropic", "openai"];

/** How the package's module begins: its data, as one literal. */
const TABLE = /^const (\w+) = (\[\n[\s\S]*?\n\])/;

/** @throws Error when the package is not what it was: a build without prices would count every call as unpriced. */
export function keepPriced(source: string): string {
  const [all = "", name, literal] = TABLE.exec(source) ?? [];
  const providers: unknown = literal === undefined ? null : runInNewContext(literal);
  if (!Array.isArray(providers)) throw new Error("@pydantic/genai-prices: its table is not where it was");
  const kept = PRICED.map((id) => providers.find((provider) => Object(provider).id === id));
  if (kept.includes(undefined)) throw new Error(`@pydantic/genai-prices: no prices of ${PRICED.join(" or ")}`);
  return `const ${name} = ${JSON.stringify(kept)}${source.slice(all.length)}`;
}

export const priceTable: Plugin = {
  name: "price-table",
  setup: (build) => {
    build.onLoad({ filter: /@pydantic[\\/]genai-prices[\\/]dist[\\/]index\.js$/ }, async ({ path }) => ({
      contents: keepPriced(await readFile(path, "utf8")),
    }));
  },
};
