/**
 * The house rules that no linter knows, as functions from files to breaches: one rule, one claim, one function.
 * The law itself (which room may import which, who may use which package) is data in `test/tidy.test.ts`.
 */
import { codeOf, localImportsOf, type SourceFile, specifiersOf, valueSpecifiersOf } from "./source.ts";

export type PackageRule = {
  readonly package: RegExp;
  /** The only paths that may import it. */
  readonly in: RegExp;
  readonly why: string;
};

export type Law = {
  /** Room -> the rooms it may import. A room may always import itself. "*" is every room. */
  readonly arrows: Readonly<Record<string, readonly string[] | "*">>;
  /** Files of rooms that may import the wiring (files directly under `src/`): Config, bindings. */
  readonly config: RegExp;
  /** The first row that matches decides; a package without a row may not be imported at all. */
  readonly packages: readonly PackageRule[];
  /** Folders of `test/` that mirror no room. */
  readonly testFolders: readonly string[];
  /** Files that may touch the real clock, randomness, timers and the process environment, and why. */
  readonly shells: readonly (readonly [path: RegExp, why: string])[];
};

export type Rule = {
  readonly claim: string;
  readonly breaches: (files: readonly SourceFile[], law: Law) => string[];
};

const SOURCE_LINES_MAX = 400;
const WIRING_LINES_MAX = 80;
const SQL_STANDS_IN = /^src\/[a-z-]+\/(?:[a-z-]+\/)?(?:[a-z-]+-)?(?:store|journal)\.ts$/;
const SQL =
  /["'`]\s*(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\s|DROP\s+(?:TABLE|INDEX)\s|ALTER\s+TABLE\s|PRAGMA\s|WITH\s+\w+\s+AS\s)/;

const isSource = (path: string): boolean => /^src\/.*\.(?:tsx?|mjs)$/.test(path) && !path.startsWith("src/gen/");
const isTest = (path: string): boolean => /^test\/.*\.test\.tsx?$/.test(path);
const isCode = (path: string): boolean => /\.(?:tsx?|mjs)$/.test(path) && !path.startsWith("src/gen/");

/** Room of a path: `src/<room>/...`. Files directly under `src/` wire rooms together and have none. */
const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];
/** The folder a tool worker's file may look into: its own; for what several workers share, `workers/` itself. */
const workerOf = (path: string): string | undefined => /^src\/tool\/workers\/(?:[^/]+\/)?/.exec(path)?.[0];
const SHARED_BY_WORKERS = /^src\/tool\/(?:contract|workers\/[^/]+)\.ts$/;

const inSource = (check: (file: SourceFile, law: Law) => readonly string[]): Rule["breaches"] => {
  return (files, law) =>
    files
      .filter((file) => isSource(file.path))
      .flatMap((file) => check(file, law).map((what) => `${file.path}: ${what}`));
};

/** 1-based line of each match. */
function linesOf(text: string, pattern: RegExp): number[] {
  const matches = text.matchAll(new RegExp(pattern, `${pattern.flags}gm`));
  return [...matches].map((match) => text.slice(0, match.index).split("\n").length);
}

const arrows = inSource((file, law) => {
  const here = roomOf(file.path);
  if (here === undefined) return [];
  const allowed = law.arrows[here];
  if (allowed === undefined) return [`room ${here} is not in the arrow table`];
  return localImportsOf(file).flatMap((to) => {
    if (workerOf(file.path) !== undefined) return [];
    const there = roomOf(to);
    if (there === undefined) {
      return !to.startsWith("src/") || law.config.test(file.path) ? [] : [`only wiring may import ${to}`];
    }
    if (there === here || allowed === "*" || allowed.includes(there)) return [];
    return [`${here} may not import ${there}`];
  });
});

const faces = inSource((file) => {
  const here = roomOf(file.path);
  return localImportsOf(file).flatMap((to) => {
    const there = roomOf(to);
    if (there === undefined || there === here || there === "gen" || to === `src/${there}/index.ts`) return [];
    // Classes that import cloudflare:workers stand apart from index.ts, so that Node can load the rest of the room.
    if (here === undefined && to === `src/${there}/object.ts`) return [];
    if (workerOf(file.path) !== undefined) return [];
    return [`reach ${there} through src/${there}/index.ts, not ${to}`];
  });
});

/** Value imports only: a type never reaches Node. */
const plainFaces: Rule["breaches"] = (files) => {
  const sources = new Map(files.filter((file) => isSource(file.path)).map((file) => [file.path, file]));
  return [...sources.keys()]
    .filter((path) => /^src\/[^/]+\/index\.ts$/.test(path))
    .flatMap((face) => {
      const reached = new Set([face]);
      for (const path of reached) {
        const file = sources.get(path);
        if (file === undefined) continue;
        const specifiers = valueSpecifiersOf(file.text);
        if (specifiers.some((specifier) => specifier.startsWith("cloudflare:"))) {
          return [`${face}: needs the Workers runtime, through ${path}: move that class behind object.ts`];
        }
        for (const next of localImportsOf(file, specifiers)) reached.add(next);
      }
      return [];
    });
};

const toolWorkers = inSource((file) => {
  const own = workerOf(file.path);
  if (own === undefined) return [];
  return localImportsOf(file)
    .filter((to) => (!to.startsWith(own) || own.endsWith("/workers/")) && !SHARED_BY_WORKERS.test(to))
    .map((to) => `a tool worker may import its own folder, src/tool/workers/*.ts and src/tool/contract.ts, not ${to}`);
});

const packages = inSource((file, law) =>
  specifiersOf(file.text)
    .filter((specifier) => !specifier.startsWith("."))
    .flatMap((specifier) => {
      const row = law.packages.find((rule) => rule.package.test(specifier));
      if (row === undefined) return [`${specifier} is in no row of the package table`];
      return row.in.test(file.path) ? [] : [`may not import ${specifier}: ${row.why}`];
    }),
);

const size = inSource((file) => {
  const lines = file.text.trimEnd().split("\n").length;
  const limit = file.path === "src/index.ts" ? WIRING_LINES_MAX : SOURCE_LINES_MAX;
  return lines > limit ? [`${lines} lines, limit ${limit}`] : [];
});

const opening: Rule["breaches"] = (files) =>
  files
    .filter((file) => isCode(file.path) && !/^(?:#!.*\n)?\/\*\*/.test(file.text))
    .map((file) => `${file.path}: no opening doc comment (what lives here, what does not)`);

const sql = inSource((file) =>
  SQL_STANDS_IN.test(file.path)
    ? []
    : linesOf(codeOf(file.text, "keep"), SQL).map((line) => `line ${line}: SQL belongs in store.ts or journal.ts`),
);

const ports = inSource((file, law) => {
  if (law.shells.some(([path]) => path.test(file.path))) return [];
  const ambient =
    /\b(?:Date\.now\(|new Date\(\)|Math\.random\b|setTimeout\(|setInterval\(|performance\.now\(|process\.env\b|AbortSignal\.timeout\()/;
  return linesOf(codeOf(file.text, "blank"), ambient).map(
    (line) => `line ${line}: time, randomness and the process environment come in through ports`,
  );
});

/** Made when their files load, the shapes of all routes took a fifth of what an isolate does before its first request. */
const shapes = inSource((file) =>
  linesOf(codeOf(file.text, "blank"), /^(?:export )?const \w+ =\s+(?:z|[A-Z]\w*\(\))\s*\./).map(
    (line) => `line ${line}: a shape is made on first use: once(() => z...)`,
  ),
);

const stars = inSource((file) =>
  linesOf(codeOf(file.text, "blank"), /^export \*/).map((line) => `line ${line}: name what is exported`),
);

/** One trail per cycle, starting at its alphabetically first file. Wiring may name the types of what it wires. */
const cycles: Rule["breaches"] = (files) => {
  const edges = (file: SourceFile): string[] =>
    localImportsOf(file, roomOf(file.path) === undefined ? valueSpecifiersOf(file.text) : undefined);
  const graph = new Map(files.filter((file) => isSource(file.path)).map((file) => [file.path, edges(file)]));
  const done = new Set<string>();
  const found = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      const loop = trail.slice(start);
      const first = loop.indexOf([...loop].sort()[0] ?? "");
      const turned = [...loop.slice(first), ...loop.slice(0, first)];
      found.add([...turned, turned[0]].join(" -> "));
    } else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found];
};

const mirror: Rule["breaches"] = (files, law) => {
  const folders = new Set(files.map((file) => file.path.replace(/\/[^/]+$/, "")));
  const paths = new Set(files.map((file) => file.path));
  return files
    .filter((file) => isTest(file.path))
    .flatMap(({ path }) => {
      const [, folder = "", name = ""] = /^test\/(?:(.+)\/)?([^/]+)$/.exec(path) ?? [];
      if (law.testFolders.includes(folder.split("/")[0] ?? "")) return [];
      const mirrored = folder === "" ? `src/${name.replace(/(?:\.worker)?\.test\.tsx?$/, ".ts")}` : `src/${folder}`;
      const stands = folder === "" ? paths.has(mirrored) || name === "tidy.test.ts" : folders.has(mirrored);
      return stands ? [] : [`${path}: test/ mirrors src/, and there is no ${mirrored}`];
    });
};

const focused: Rule["breaches"] = (files) =>
  files
    .filter((file) => isTest(file.path))
    .flatMap((file) =>
      linesOf(
        codeOf(file.text, "blank"),
        /\b(?:it|test|describe)\s*\.(?:\w+\.)?(?:skip|only|todo|skipIf|runIf|fails)\b/,
      ).map((line) => `${file.path}: line ${line}: a test that is focused, skipped or expected to fail`),
    );

/** The repository speaks about the product. How it was made, and where, belongs to no file. */
const MAKING: readonly RegExp[] = [
  /\bissue\s+#?\d/i,
  /\bissues show\b/i,
  /\b(?:this|that|the|our|next|later) issue\b/i,
  /\bticket #?\d/i,
  /\b(?:written|generated|made|authored) by (?:an? )?(?:ai|llm|claude|gpt|chatgpt|copilot|assistant|model)\b/i,
  /\bco-authored-by\b/i,
  /\bas an ai\b/i,
  /\b(?:earlier|previous|first) (?:draft|session)\b/i,
  /\b(?:this|another|other) (?:work )?session of\b/i,
  /\bthe brief\b/i,
  /\bshared\/(?:design|spec|prototypes|hooks)\b/,
  /\bdesign\/\w+\.md\b/,
];
/** What others wrote, or a machine, and the patterns themselves. */
const NOT_OURS = /^(?:LICENSE|package-lock\.json|test\/house\/rules\.ts|test\/guard\/sets\/[^/]+\.jsonl)$/;
const words: Rule["breaches"] = (files) =>
  files
    .filter((file) => !NOT_OURS.test(file.path))
    .flatMap((file) =>
      MAKING.flatMap((pattern) =>
        linesOf(file.text, pattern).map((line) => `${file.path}: line ${line}: ${pattern.source}`),
      ),
    );

/** `file-manager` is the name of a tool, not of a drawer. */
const DRAWER = /(?:^|[/-])(?:utils?|helpers?|common|(?<!file-)managers?|misc)\.[^/]*$/;
const names: Rule["breaches"] = (files) =>
  files
    .filter((file) => isCode(file.path) && DRAWER.test(file.path))
    .map((file) => `${file.path}: name it after its job`);

export const RULES: readonly Rule[] = [
  { claim: "every import between rooms is an arrow of the table", breaches: arrows },
  { claim: "a room is entered through its index.ts", breaches: faces },
  { claim: "the face of a room loads in plain Node", breaches: plainFaces },
  { claim: "a tool worker stands alone", breaches: toolWorkers },
  { claim: "a package is imported only where its row allows", breaches: packages },
  { claim: "a source file is at most 400 lines, the wiring 80", breaches: size },
  { claim: "a code file opens with a doc comment", breaches: opening },
  { claim: "SQL stands in store.ts and journal.ts", breaches: sql },
  { claim: "time, randomness and the environment come through ports", breaches: ports },
  { claim: "a shape is made on first use", breaches: shapes },
  { claim: "nothing is exported by star", breaches: stars },
  { claim: "no file imports itself in a circle", breaches: cycles },
  { claim: "test/ mirrors src/", breaches: mirror },
  { claim: "no test is focused, skipped or expected to fail", breaches: focused },
  { claim: "no file tells how the project was made", breaches: words },
  { claim: "files are named after their job", breaches: names },
];
