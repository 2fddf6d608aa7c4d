/**
 * Leaves out of the Worker what none of our calls into a package reaches. A client of an SDK makes an object for each of
 * its resources, so a bundler has to keep them all, and every isolate compiles them. Here a module that is left out
 * exports its names as before, as classes without members; one that is called all the same says that it is not there.
 */
import { sep } from "node:path";
import { build, type Plugin } from "esbuild";

type Row = {
  readonly package: string;
  /** What is left out, by path in the package. Its index modules only pass names on. */
  readonly leaves: RegExp;
  /** Of that what our calls go through. */
  readonly keeps: readonly string[];
};

const ROWS: readonly Row[] = [
  {
    package: "@modelcontextprotocol/sdk",
    // The default validator compiles schemas, which Workers forbid; the server is given the other one.
    leaves: /^dist\/esm\/validation\/.*-provider\.js$/,
    keeps: ["dist/esm/validation/cfworker-provider.js"],
  },
  {
    package: "cloudevents",
    // An event is made and written as JSON; ways to send and to read one stay behind.
    leaves: /^dist\/(?:message|transport)\//,
    keeps: [],
  },
];

/** An ES module that exports the same names. A client makes what it never uses with `new`; a function is only called. */
function toEmpty(names: readonly string[], path: string): string {
  const absence = JSON.stringify(` of ${path} is not in this bundle`);
  const absent = `const absent = (name) => function () { if (!new.target) throw new Error(name + ${absence}); };`;
  const named = names.map((name) => `export const ${name} = /* @__PURE__ */ absent(${JSON.stringify(name)});`);
  return [absent, ...named].join("\n");
}

/** By name; of CommonJS none, where whoever asks for one gets undefined. */
async function exportsOf(path: string): Promise<readonly string[]> {
  const options = { format: "esm", write: false, metafile: true, logLevel: "silent" } as const;
  const { metafile } = await build({ ...options, entryPoints: [path] });
  return Object.values(metafile.outputs)
    .flatMap((output) => output.exports)
    .filter((name) => name !== "default");
}

const toPlugin = (row: Row): Plugin => ({
  name: `unreached in ${row.package}`,
  setup: (build) => {
    const kept = new Set<string>();
    const left = new Set<string>();
    let isMet = false;
    const folder = `/node_modules/${row.package}/`;
    build.onLoad({ filter: new RegExp(folder.replaceAll("/", "[\\\\/]")) }, async ({ path }) => {
      isMet = true;
      const inPackage = path.split(sep).join("/").split(folder).at(-1) ?? "";
      if (!row.leaves.test(inPackage)) return null;
      if (row.keeps.includes(inPackage)) {
        kept.add(inPackage);
        return null;
      }
      left.add(inPackage);
      return { contents: toEmpty(await exportsOf(path), `${row.package}/${inPackage}`) };
    });
    build.onEnd(() => {
      const missing = row.keeps.filter((path) => !kept.has(path));
      if (!isMet || (left.size > 0 && missing.length === 0)) return {};
      const what = missing.length > 0 ? missing.join(", ") : "module to leave out";
      return { errors: [{ text: `${row.package} has no ${what} any more; see what our calls go through now` }] };
    });
  },
});

/** @throws (the build) when a package is not what it was: what is kept is not met, or nothing is left out. */
export const toUnreached = (rows: readonly Row[]): readonly Plugin[] => rows.map(toPlugin);

export const UNREACHED: readonly Plugin[] = toUnreached(ROWS);
