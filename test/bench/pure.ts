/** What needs no runtime: composing a pack, reading a composed one, validation. In this process, many at a time. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import { parseDocument } from "yaml";
import { listPackFolders, readPackFolder } from "../../src/cli/index.ts";
import { tools } from "../../src/gen/schema/validators.js";
import { composePack } from "../../src/pack/index.ts";
import { inTurns, type Part, timed, toPart } from "./row.ts";

const ROOT = join(import.meta.dirname, "../..");
const AT_A_TIME = 20;

const perCall = async (work: () => unknown): Promise<number> => {
  const ms = await timed(async () => {
    for (let n = 0; n < AT_A_TIME; n++) await work();
  });
  return ms / AT_A_TIME;
};

async function largestPack() {
  const folders = await listPackFolders(join(ROOT, "packs"));
  const packs = await Promise.all(folders.map((folder) => readPackFolder(join(ROOT, "packs", folder))));
  const size = ({ files }: (typeof packs)[number]) => [...files.values()].join("").length;
  const [largest] = packs.toSorted((a, b) => size(b) - size(a));
  if (largest === undefined) throw new Error("there are no packs");
  return largest;
}

/** Composing happens when a pack is published; a run reads what was composed. */
export async function compose(rounds: number): Promise<readonly Part[]> {
  const { files, folder } = await largestPack();
  const composed = await composePack(files, folder);
  if (!composed.ok) throw new Error(`${folder} does not compose`);
  const canonical = JSON.stringify(composed.value.config);
  const yaml = [...files].filter(([path]) => path.endsWith(".yaml")).map(([, text]) => text);
  const samples = await inTurns(rounds, {
    "YAML parsed, nothing else": () => perCall(() => yaml.map((text) => parseDocument(text).toJS())),
    "composed and validated": () => perCall(() => composePack(files, folder)),
    "read as a run reads it": () => perCall(() => JSON.parse(canonical)),
  });
  const floors = { "composed and validated": "YAML parsed, nothing else" };
  return [toPart(`pack ${folder}`, samples, { floors, bars: { "read as a run reads it": "0.15 ms CPU" } })];
}

/** Compiled when the product is built, beside the same schema interpreted. */
export async function validation(rounds: number): Promise<readonly Part[]> {
  const read = async (path: string) => readFile(join(ROOT, path), "utf8");
  const schema = JSON.parse(await read("schemas/tools.schema.json"));
  const data = parseDocument(await read("packs/senior-python-dev/TOOLS.yaml")).toJS();
  const interpreter = new Validator(schema, "2020-12");
  if (!tools(data) || !interpreter.validate(data).valid) throw new Error("a valid file is called invalid");
  const samples = await inTurns(rounds, {
    interpreted: async () => 1_000 * (await perCall(() => interpreter.validate(data))),
    compiled: async () => 1_000 * (await perCall(() => tools(data))),
  });
  return [toPart("validation of TOOLS.yaml", samples, { unit: "us", floors: { compiled: "interpreted" } })];
}
