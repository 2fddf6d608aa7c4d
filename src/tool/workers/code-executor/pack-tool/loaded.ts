/**
 * A tool is loaded once in an isolate, when that comes to the same in every call: the first call's engine is taken as an
 * image right after it, before anything of the call is in it, and later calls begin there. A tool that asked the host, the
 * clock or the random numbers for anything while it was loaded is loaded in each call.
 */
import type { Image } from "../../image.ts";
import type { Engine } from "../engine.ts";

/** What a load depends on, if on nothing else. Calls of an isolate are of one tenant, one code and one policy. */
export type Tool = {
  /** The engine without the tool. */
  readonly image: Image;
  /** The tool, as a script. */
  readonly bundle: string;
  readonly memoryBytes: number;
};

const loaded = new WeakMap<Image, { readonly tool: Tool; readonly image: Image }>();

/** The engine with the tool in it, or null: then the call has to load it. */
export function findLoaded({ image, bundle, memoryBytes }: Tool): Image | null {
  const last = loaded.get(image);
  return last?.tool.bundle === bundle && last.tool.memoryBytes === memoryBytes ? last.image : null;
}

/**
 * Loads it into an engine that was resumed without it. Of calls that do so at once the last is remembered.
 * @returns false when it throws or is no script.
 */
export async function load(engine: Engine, tool: Tool): Promise<boolean> {
  const before = engine.intake();
  const evaluated = await engine.evaluate(tool.bundle, { file: "tool.js", async: false });
  if (!evaluated.ok) return false;
  const image = engine.intake() === before ? engine.takeImage() : null;
  if (image !== null) loaded.set(tool.image, { tool, image });
  return true;
}
