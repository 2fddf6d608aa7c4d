/** Bytes in a call's workspace beside text; what the file manager's actions do with text is in their own suite. */
import { describe, expect, it } from "vitest";
import { manageFiles } from "../../../src/tool/workers/file-manager/actions.ts";
import { FileError, Workspace } from "../../../src/tool/workers/workspace.ts";
import { request } from "./request.ts";

const BYTES = Uint8Array.of(0, 255, 1, 128);
const BASE64 = "AP8BgA==";
const binary = { path: "/workspace/logo.png", text: BASE64, encoding: "base64" } as const;
const withBinary = request({}, {}, { files: [binary, { path: "/workspace/a.txt", text: "words" }] });

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "nothing was thrown";
  } catch (thrown) {
    return thrown instanceof FileError ? thrown.code : String(thrown);
  }
};

describe("bytes", () => {
  it("are read as they are, and text as its UTF-8", () => {
    const workspace = new Workspace(withBinary);
    expect(workspace.readBytes("/workspace/logo.png")).toEqual(BYTES);
    expect(new TextDecoder().decode(workspace.readBytes("/workspace/a.txt"))).toBe("words");
    expect(workspace.bytesOf("/workspace/logo.png")).toBe(4);
  });

  it("are staged in base64, unless they are text", () => {
    const workspace = new Workspace(request({}));
    workspace.writeBytes("/workspace/b", BYTES);
    workspace.writeBytes("/workspace/c", new TextEncoder().encode("größe"));
    expect(workspace.changes()).toEqual([
      { kind: "put", path: "/workspace/b", text: BASE64, encoding: "base64" },
      { kind: "put", path: "/workspace/c", text: "größe" },
    ]);
  });

  it("written over themselves are no change", () => {
    const workspace = new Workspace(withBinary);
    workspace.writeBytes("/workspace/logo.png", BYTES);
    expect(workspace.changes()).toEqual([]);
  });

  it("differ from the text that spells their base64", () => {
    const workspace = new Workspace(withBinary);
    workspace.write("/workspace/logo.png", BASE64);
    expect(workspace.changes()).toEqual([{ kind: "put", path: "/workspace/logo.png", text: BASE64 }]);
  });

  it("are no text to whoever asks for text", () => {
    const workspace = new Workspace(withBinary);
    expect(codeOf(() => workspace.read("/workspace/logo.png"))).toBe("EINVAL");
    const read = manageFiles({ ...withBinary, arguments: { action: "read", path: "/workspace/logo.png" } });
    expect(read).toMatchObject({ ok: false, error: { message: "/workspace/logo.png is not a text file" } });
  });

  it("are passed over by a search", () => {
    const search = { action: "search", path: "/workspace", query: "A" };
    expect(manageFiles({ ...withBinary, arguments: search })).toMatchObject({ ok: true, result: { matches: [] } });
  });

  it("count against the quota as bytes", () => {
    const quota = { fileBytes: 4, totalBytes: 9, files: 10 };
    const workspace = new Workspace({ ...withBinary, quota });
    expect(codeOf(() => workspace.writeBytes("/workspace/b", new Uint8Array(5)))).toBe("EFBIG");
    expect(codeOf(() => workspace.writeBytes("/workspace/b", BYTES))).toBe("EFBIG"); // 4 + 5 are there
    workspace.remove("/workspace/a.txt", { recursive: false });
    expect(workspace.writeBytes("/workspace/b", BYTES)).toBe(4);
  });
});

describe("folders", () => {
  it("come with their first file and go with their last", () => {
    const workspace = new Workspace(request({}));
    workspace.write("/workspace/a/b/c.txt", "1");
    workspace.write("/workspace/a/d.txt", "2");
    expect([workspace.kindOf("/workspace/a"), workspace.kindOf("/workspace/a/b")]).toEqual(["directory", "directory"]);
    workspace.remove("/workspace/a/b/c.txt", { recursive: false });
    expect([workspace.kindOf("/workspace/a"), workspace.kindOf("/workspace/a/b")]).toEqual(["directory", null]);
    workspace.write("/workspace/a/d.txt", "3");
    workspace.remove("/workspace/a", { recursive: true });
    expect(workspace.kindOf("/workspace/a")).toBeNull();
  });
});
