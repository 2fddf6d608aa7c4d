/** What a task's tools left behind: the list of its files, and each as it is. */
import { AppError } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { callObject } from "./call-object.ts";
import { type Route, requireTaskId, tenantRoute } from "./route.ts";
import { FileList } from "./schema.ts";

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/tasks/{taskId}/files",
  operation: "listTaskFiles",
  summary: "Files of a task's workspace as they are now",
  tag: "tasks",
  needs: "tasks:read",
  answers: [{ status: 200, description: "All of them, by path", schema: FileList }],
  errors: ["TASK_NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const taskId = requireTaskId(call);
    const items = await callObject(call.deps, () => call.deps.tasks(call.tenant, taskId).listFiles());
    if (items === null) throw new AppError("TASK_NOT_FOUND");
    return jsonResponse(200, { items, next_cursor: null });
  },
});

const get = tenantRoute({
  method: "GET",
  path: "/api/v1/tasks/{taskId}/files/{path}",
  operation: "readTaskFile",
  summary: "One file of a task's workspace",
  tag: "tasks",
  needs: "tasks:read",
  answers: [{ status: 200, description: "Its bytes, always as a download", content: "application/octet-stream" }],
  errors: ["TASK_NOT_FOUND", "NOT_FOUND", "UNAVAILABLE"],
  handle: async (call) => {
    const taskId = requireTaskId(call);
    const path = `/${call.params.path ?? ""}`;
    const bytes = await callObject(call.deps, () => call.deps.tasks(call.tenant, taskId).readFile(path));
    if (bytes === null) throw new AppError("TASK_NOT_FOUND");
    if (bytes === "missing") throw new AppError("NOT_FOUND", "The task has no such file.");
    return new Response(bytes, { headers: fileHeaders(path) });
  },
});

/** Text that other programs know by name. Nothing that a browser would run: it is a download whatever its name is. */
const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  md: "text/markdown; charset=utf-8",
  pdf: "application/pdf",
  png: "image/png",
  txt: "text/plain; charset=utf-8",
  xml: "application/xml",
  zip: "application/zip",
};

/** A model named the file and wrote what is in it: no browser may open it here, guess at it, or let it reach anything. */
function fileHeaders(path: string): Record<string, string> {
  const name = path.split("/").at(-1) ?? "";
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return {
    "content-type": (Object.hasOwn(TYPES, extension) ? TYPES[extension] : undefined) ?? "application/octet-stream",
    "content-disposition": `attachment; filename*=UTF-8''${toExtValue(name)}`,
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
  };
}

/** @see RFC 8187, section 3.2.1: what `encodeURIComponent` leaves and that grammar does not. */
const toExtValue = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);

export const FILE_ROUTES: readonly Route[] = [list, get];
