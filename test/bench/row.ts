/** What a measurement came to, and how it is shown: one row beside its floor, as a table, as JSON lines and as Markdown. */

export type Row = {
  readonly bench: string;
  readonly name: string;
  readonly unit: string;
  /** Samples. */
  readonly n: number;
  readonly p50: number;
  /** Null where there is one sample only. */
  readonly p99: number | null;
  /** What `ratio` compares with, measured in the same run; null where there is nothing below it. */
  readonly floor: string | null;
  readonly ratio: number | null;
  /** What is wanted, in words; null where nothing is. */
  readonly bar: string | null;
};

/** Nearest rank. @param fraction in (0, 1]. */
const quantile = (sorted: readonly number[], fraction: number): number =>
  sorted[Math.ceil(sorted.length * fraction) - 1] ?? Number.NaN;

export type Samples = Readonly<Record<string, readonly number[]>>;

/**
 * Each subject in turn, round after round, so that a busy moment of the machine meets all of them. The first round fills
 * caches and is not counted.
 * @returns what each subject returned, by its name.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, (round: number) => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects).filter((name): name is Name => Object.hasOwn(subjects, name));
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>; // by those names
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const sample = await subjects[name](round);
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** How long `work` takes, in milliseconds of wall clock. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** What was measured under one name, in one process or in several. */
export type Part = {
  readonly bench: string;
  readonly samples: Samples;
  readonly unit: string;
  readonly floors: Readonly<Record<string, string>>;
  readonly bars: Readonly<Record<string, string>>;
};

export const toPart = (
  bench: string,
  samples: Samples,
  options: Partial<Omit<Part, "bench" | "samples">> = {},
): Part => ({
  ...{ unit: "ms", floors: {}, bars: {} },
  ...options,
  ...{ bench, samples },
});

/** The same of several processes: one for each name of a bench, with the samples of all. */
export function merge(parts: readonly Part[]): readonly Part[] {
  const merged = new Map<string, Part>();
  for (const part of parts) {
    const key = `${part.bench}, ${part.unit}`;
    const before = merged.get(key);
    const samples = { ...before?.samples };
    for (const [name, values] of Object.entries(part.samples)) samples[name] = [...(samples[name] ?? []), ...values];
    const [floors, bars] = [
      { ...before?.floors, ...part.floors },
      { ...before?.bars, ...part.bars },
    ];
    merged.set(key, { ...part, samples, floors, bars });
  }
  return [...merged.values()];
}

/** One row for each name; those that `floors` names another for are compared with it. */
export function toRows({ bench, samples, unit, floors, bars }: Part): Row[] {
  const p50 = (name: string): number =>
    quantile(
      (samples[name] ?? []).toSorted((a, b) => a - b),
      0.5,
    );
  // Of a rate the slow ones are the small ones.
  const tail = unit.endsWith("/s") ? 0.01 : 0.99;
  return Object.entries(samples).map(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const floor = floors[name] ?? null;
    return {
      bench,
      name,
      unit,
      n: sorted.length,
      p50: p50(name),
      p99: sorted.length > 1 ? quantile(sorted, tail) : null,
      floor,
      ratio: floor === null ? null : p50(name) / p50(floor),
      bar: bars[name] ?? null,
    };
  });
}

const COLUMNS = ["what", "p50", "p99", "unit", "n", "x floor", "floor", "wanted"] as const;

const shown = (value: number | null): string => {
  if (value === null || Number.isNaN(value)) return "";
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
};

const cells = (row: Row): readonly string[] => [
  `${row.bench}: ${row.name}`,
  shown(row.p50),
  shown(row.p99),
  row.unit,
  String(row.n),
  shown(row.ratio),
  row.floor ?? "",
  row.bar ?? "",
];

export function toTable(rows: readonly Row[]): string {
  const lines = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}

export const toMarkdown = (rows: readonly Row[]): string =>
  [COLUMNS, COLUMNS.map(() => "---"), ...rows.map(cells)].map((line) => `| ${line.join(" | ")} |`).join("\n");
