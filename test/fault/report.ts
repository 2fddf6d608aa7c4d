/** A proof as people read it and as programs compare it. Text alone. */
import { entryOf, faultIds, PENDING_PARTS } from "./catalogue.ts";
import { countProofs, type Verdict } from "./verdict.ts";

export type Stage = { readonly name: string; readonly seconds: number; readonly verdict: Verdict };
export type Proof = {
  readonly stages: readonly Stage[];
  readonly total: Verdict;
  readonly seeds: number;
  readonly commit: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** Its kind, never its name. */
  readonly machine: string;
  readonly seconds: number;
};

const COLUMNS = ["stage", "worlds", "tasks", "deaths", "happenings", "wrong", "seconds"] as const;

const cellsOf = ({ name, seconds, verdict }: Stage): string[] => [
  name,
  ...[verdict.worlds, verdict.tasks, verdict.deaths, verdict.happenings, verdict.wrong.length].map(String),
  seconds.toFixed(0),
];

const line = ([first = "", ...rest]: readonly string[]): string =>
  first.padEnd(28) + rest.map((cell) => cell.padStart(12)).join("");

/** For a terminal. */
export const toTable = (stages: readonly Stage[], hasHead: boolean): string =>
  [...(hasHead ? [line(COLUMNS)] : []), ...stages.map((stage) => line(cellsOf(stage)))].join("\n");

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** What stands for a fault, in a word and a number. */
function proofOf(id: (typeof faultIds)[number], { hits }: Verdict): string {
  const { proof } = entryOf(id);
  switch (proof.ring) {
    case "simulator":
      return `simulator, struck ${hits.get(id) ?? 0} times`;
    case "runtime":
      return "real runtime: not part of this command yet";
    case "account":
      return "needs a real account";
    case "pending":
      return `pending: ${proof.feature}`;
  }
}

export function toPage(proof: Proof): string {
  const { stages, total } = proof;
  const count = countProofs();
  const parts = PENDING_PARTS.map(({ fault, part, feature }) => row([String(fault), part, feature]));
  return `# Proof

Written by \`npm run prove\` on ${proof.date}, at commit \`${proof.commit}\`, on a machine with ${proof.machine}, in
${proof.seconds.toFixed(0)} s. What is proved and how: [decision 53](decisions/0053-worlds-are-simulated.md).

${total.worlds} simulated worlds with ${total.tasks} tasks, ${total.deaths} deaths in ${total.moments} moments at which something could die: **${total.wrong.length === 0 ? "nothing was wrong" : `${total.wrong.length} worlds were wrong`}**.

${row(COLUMNS)}
${row(COLUMNS.map(() => "---"))}
${stages.map((stage) => row(cellsOf(stage))).join("\n")}

## Faults

${count.simulator} are injected by the simulator. ${count.runtime} belong to a real runtime, which this command does not run yet: what is tested of them is in
[coverage.md](coverage.md). ${count.account} needs a real account, and ${count.pending} wait for a feature.

${row(["fault", "what is injected", "proof"])}
${row(["---", "---", "---"])}
${faultIds.map((id) => row([String(id), entryOf(id).fault, proofOf(id, total)])).join("\n")}

Parts of them that wait for a feature:

${row(["fault", "part", "feature"])}
${row(["---", "---", "---"])}
${parts.join("\n")}
`;
}

/** One object a line: the proof, its stages, its faults. */
export function toLines({ stages, total, ...about }: Proof): string {
  const plain = ({ hits, wrong, ...numbers }: Verdict) => ({
    ...numbers,
    hits: Object.fromEntries(hits),
    wrong: wrong.length,
  });
  const lines: unknown[] = [
    { kind: "proof", ...about, ...plain(total) },
    ...stages.map(({ name, seconds, verdict }) => ({
      kind: "stage",
      name,
      seconds: Math.round(seconds),
      ...plain(verdict),
    })),
    ...faultIds.map((id) => ({ kind: "fault", id, ...entryOf(id), hits: total.hits.get(id) ?? 0 })),
  ];
  return lines.map((one) => `${JSON.stringify(one)}\n`).join("");
}
