/** The host's answers to a program's file operations, over the call's staged workspace. */
import { FileError, type Workspace } from "../workspace.ts";
import type { Operation } from "./protocol.ts";

/** @returns null for an operation that is not about files. */
export function answerFileOperation(
  workspace: Workspace,
  operation: string,
  first: string,
  second: string,
): string | null {
  try {
    const answer = run(workspace, operation, first, second);
    return answer === null ? null : `=${answer}`;
  } catch (thrown) {
    if (thrown instanceof FileError) return `!${thrown.code}\n${thrown.message}`;
    throw thrown;
  }
}

function run(workspace: Workspace, operation: string, first: string, second: string): string | null {
  switch (operation) {
    case "read" satisfies Operation:
      return workspace.read(first);
    case "write" satisfies Operation:
      return String(workspace.write(first, second));
    case "kind" satisfies Operation:
      return workspace.kindOf(first) ?? "";
    case "size" satisfies Operation:
      return String(workspace.bytesOf(first));
    case "list" satisfies Operation:
      return JSON.stringify(
        workspace.list(first).map((entry) => (entry.kind === "file" ? entry.name : `${entry.name}/`)),
      );
    case "mkdir" satisfies Operation:
      workspace.makeFolder(first, { parents: second === "parents" });
      return "";
    case "remove" satisfies Operation:
      return String(workspace.remove(first, { recursive: second === "recursive" }));
    default:
      return null;
  }
}
