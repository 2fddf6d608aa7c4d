/** A proof as people read it and as programs compare it. Text alone. */
import { COUNTED_PARTS, entryOf, type FaultId, faultIds, PENDING_PARTS, partIds } from "./catalogue.ts";
import { addVerdict, countProofs, emptyVerdict, type Verdict } from "./verdict.ts";

export type Stage = {
  readonly id: string;
  readonly name: string;
  readonly isSimulated: boolean;
  readonly seconds: number;
  readonly verdict: Verdict;
  /** What else is to be known of it, as sentences without their dot. */
  readonly facts: readonly string[];
};
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

const COLUMNS = ["stage", "worlds or tests", "tasks", "deaths", "happenings", "wrong", "seconds"] as const;

const cellsOf = ({ name, seconds, verdict }: Stage): string[] => [
  name,
  ...[verdict.worlds, verdict.tasks, verdict.deaths, verdict.happenings, verdict.wrong.length].map(String),
  seconds.toFixed(0),
];

const line = ([first = "", ...rest]: readonly string[]): string =>
  first.padEnd(28) + rest.map((cell) => cell.padStart(16)).join("");

/** For a terminal. */
export const toTable = (stages: readonly Stage[], hasHead: boolean): string =>
  [...(hasHead ? [line(COLUMNS)] : []), ...stages.map((stage) => line(cellsOf(stage)))].join("\n");

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const BY = { tests: "tests in real runtimes", deploys: "real deploys, struck" } as const;

const ALSO = { providers: "real model servers", streams: "real streams" } as const;

/** What stands for a fault, in words and numbers. */
function proofOf(id: FaultId, total: Verdict): string {
  const { also } = entryOf(id);
  const own = ownProofOf(id, total);
  return also === undefined ? own : `${own}; ${ALSO[also]}, ${total.alsoHits.get(id) ?? 0} times`;
}

function ownProofOf(id: FaultId, { hits }: Verdict): string {
  const { proof } = entryOf(id);
  switch (proof.ring) {
    case "simulator":
      return `simulator, struck ${hits.get(id) ?? 0} times`;
    case "runtime":
      return `${BY[proof.by]}, ${hits.get(id) ?? 0} times`;
    case "pending":
      return `pending: ${proof.feature}`;
  }
}

export function toPage(proof: Proof): string {
  const { stages, total } = proof;
  const count = countProofs();
  const own = stages.filter(({ isSimulated }) => isSimulated);
  const simulated = emptyVerdict();
  for (const { verdict } of own) addVerdict(simulated, verdict);
  const parts = PENDING_PARTS.map(({ fault, part, feature }) => row([String(fault), part, feature]));
  return `# Proof

Written by \`npm run prove\` on ${proof.date}, at commit \`${proof.commit}\`, on a machine with ${proof.machine}, in
${proof.seconds.toFixed(0)} s. What is proved and how: decisions [53](decisions/0053-worlds-are-simulated.md) and [58](decisions/0058-a-proof-has-two-rings.md).

${simulated.worlds} simulated worlds with ${simulated.tasks} tasks, ${simulated.deaths} deaths in ${simulated.moments} moments at which something could die, and
${stages.length - own.length} stages on the real runtime: **${total.wrong.length === 0 ? "nothing was wrong" : `${total.wrong.length} were wrong`}**.

${row(COLUMNS)}
${row(COLUMNS.map(() => "---"))}
${stages.map((stage) => row(cellsOf(stage))).join("\n")}

${stages.flatMap(({ name, facts }) => facts.map((fact) => `- ${name}: ${fact}.`)).join("\n")}

## Faults

${count.simulator} are injected by the simulator, and ${count.runtime} in a real runtime; ${faultIds.filter((id) => entryOf(id).also).length} of them by a stage on the real runtime as well. ${count.pending} wait for a feature.

${row(["fault", "what is injected", "proof"])}
${row(["---", "---", "---"])}
${faultIds.map((id) => row([String(id), entryOf(id).fault, proofOf(id, total)])).join("\n")}

Parts of them that are counted for themselves:

${row(["fault", "part", "struck"])}
${row(["---", "---", "---"])}
${partIds.map((id) => row([String(COUNTED_PARTS[id].fault), COUNTED_PARTS[id].part, `${total.partHits.get(id) ?? 0} times`])).join("\n")}

Parts of them that wait for a feature:

${row(["fault", "part", "feature"])}
${row(["---", "---", "---"])}
${parts.join("\n")}
`;
}

/** One object a line: the proof, its stages, its faults. */
export function toLines({ stages, total, ...about }: Proof): string {
  const plain = ({ hits, alsoHits, partHits, wrong, ...numbers }: Verdict) => ({
    ...numbers,
    hits: Object.fromEntries(hits),
    alsoHits: Object.fromEntries(alsoHits),
    partHits: Object.fromEntries(partHits),
    wrong: wrong.length,
  });
  const lines: unknown[] = [
    { kind: "proof", ...about, ...plain(total) },
    ...stages.map(({ id, name, facts, seconds, verdict }) => ({
      kind: "stage",
      ...{ id, name, facts },
      seconds: Math.round(seconds),
      ...plain(verdict),
    })),
    ...faultIds.map((id) => ({
      ...{ kind: "fault", id, ...entryOf(id), hits: total.hits.get(id) ?? 0 },
      ...(entryOf(id).also === undefined ? {} : { alsoHits: total.alsoHits.get(id) ?? 0 }),
    })),
  ];
  return lines.map((one) => `${JSON.stringify(one)}\n`).join("");
}
