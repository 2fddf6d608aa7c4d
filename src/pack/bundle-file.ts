/** What a pack's own tool is as a file, and where it stands: for whoever bundles it and for whoever reads the bundle. */
import type { JsonSchema } from "./types.ts";

export type ToolBundle = {
  readonly id: string;
  readonly source: string;
  readonly description: string;
  /** Undefined: the tool has none of its own. */
  readonly parameters: JsonSchema | undefined;
};

/** A tool's id, which is also its file's name: no folder, no second dot. */
export const TOOL_ID = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Where a tool is written, and where its bundle travels among the pack's files. No file on disk has the second name. */
export const toolPath = (packFolder: string, id: string): string => `${packFolder}/tools/${id}.ts`;
export const bundlePath = (packFolder: string, id: string): string => `${packFolder}/tools/${id}.bundle.json`;

export const toBundleFile = ({ id: _, ...bundle }: ToolBundle): string => JSON.stringify(bundle);
