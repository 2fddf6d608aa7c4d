/** A task's files as the doors show them. What they are to tools is the tool room's; how they are kept, file-store.ts's. */
import { sha256, toHex } from "../../platform/index.ts";
import { toBytes } from "../../tool/index.ts";
import type { TaskFile } from "../types.ts";
import type { StoredFile } from "./file-store.ts";

/** In path order. */
export function describeFiles(files: readonly StoredFile[]): Promise<TaskFile[]> {
  return Promise.all(
    files.map(async ({ step, path, ...content }) => {
      const bytes = toBytes(content);
      const digest = toHex(await sha256(bytes));
      return { path, bytes: bytes.byteLength, sha256: digest, modified_step: step < 0 ? null : step };
    }),
  );
}
