/** A worker's request with the parts a test cares about. */
import type { WorkerRequest } from "../../../src/tool/contract.ts";
import { WORKSPACE_QUOTA } from "../../../src/tool/limits.ts";

/** A workspace that a program can fill within a test. */
export const SMALL: WorkerRequest["quota"] = { fileBytes: 1024 * 1024, totalBytes: 10 * 1024 * 1024, files: 1_000 };

export const request = (
  args: WorkerRequest["arguments"],
  files: { readonly [path: string]: string } = {},
  more: Partial<WorkerRequest> = {},
): WorkerRequest => ({
  arguments: args,
  files: Object.entries(files).map(([path, text]) => ({ path, text })),
  access: "write",
  scopes: ["/workspace"],
  timeoutMs: 5_000,
  memoryBytes: 16 * 1024 * 1024,
  quota: WORKSPACE_QUOTA,
  key: "0123456789abcdef",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ...more,
});
