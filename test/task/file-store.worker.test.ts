/** A task's files in the SQLite of a real object: text, bytes, large ones in parts, versions, and what a replay takes along. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type ExportedFile, FileStore } from "../../src/task/journal/file-store.ts";
import { FILE_ROW_BYTES_MAX } from "../../src/task/limits.ts";
import { type FileChange, type ToolFile, toBytes, toContent } from "../../src/tool/index.ts";
import { env } from "./harness.ts";

const TABLE = "CREATE TABLE file (ord INTEGER PRIMARY KEY, step INTEGER NOT NULL, path TEXT NOT NULL, text TEXT)";

/** In an object that holds nothing yet, with the table as every task has it since the first release. */
const inStore = <T>(name: string, work: (store: FileStore) => T): Promise<T> =>
  runInDurableObject(env.TASK.getByName(`files/${name}`), (_object, { storage }) => {
    storage.sql.exec(TABLE);
    return work(new FileStore(storage.sql));
  });

const put = (path: string, content: Uint8Array | string): FileChange => ({
  kind: "put",
  path,
  ...(typeof content === "string" ? { text: content } : toContent(content)),
});

/** Bytes that are no text: no two of them alike in a row, so that a part that is missing or twice shows. */
const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, n) => (n * 131 + (n >> 8) * 7 + 255) & 0xff);

const CONTENTS: Readonly<Record<string, Uint8Array | string>> = {
  "plain text": "one\ntwo\n",
  "text beyond ASCII": "größe 日本 🦊",
  "no text at all": "",
  "a byte order mark": "\ufeffx",
  "bytes that are no UTF-8": Uint8Array.of(0xff, 0xfe, 0x00, 0x80),
  "bytes with a NUL": Uint8Array.of(97, 0, 98),
  "bytes that fill one row": noise(FILE_ROW_BYTES_MAX),
  "bytes of one row and one more": noise(FILE_ROW_BYTES_MAX + 1),
  "bytes of several rows": noise(3 * FILE_ROW_BYTES_MAX + 12_345),
  "text that fills one row": "x".repeat(FILE_ROW_BYTES_MAX),
  "text of several rows, with letters across their borders": "日".repeat(FILE_ROW_BYTES_MAX),
};

const bytesOf = (file: ToolFile | undefined): Uint8Array | null => (file === undefined ? null : toBytes(file));

describe("a file", () => {
  for (const [what, content] of Object.entries(CONTENTS)) {
    it(`comes back as it was written: ${what}`, async () => {
      const change = put("/workspace/a", content);
      const files = await inStore(what.replaceAll(" ", "-"), (store) => {
        store.write(0, [change]);
        return store.all();
      });
      expect(files.map(({ path, encoding }) => [path, encoding])).toEqual([
        ["/workspace/a", change.kind === "put" ? change.encoding : undefined],
      ]);
      const written = typeof content === "string" ? new TextEncoder().encode(content) : content;
      // Compared by hand: a difference in megabytes is not worth printing.
      expect(Buffer.compare(bytesOf(files[0]) ?? new Uint8Array(), written)).toBe(0);
    });
  }

  it("without content is an empty text, whatever it was sent as", async () => {
    const files = await inStore("empty", (store) => {
      store.write(0, [{ kind: "put", path: "/workspace/a", text: "", encoding: "base64" }]);
      return store.all();
    });
    expect(files).toEqual([{ path: "/workspace/a", text: "" }]);
  });

  it("is its newest version, and none once it was deleted", async () => {
    const files = await inStore("versions", (store) => {
      store.write(0, [put("/workspace/a", "one")]);
      store.write(0, [put("/workspace/b", noise(FILE_ROW_BYTES_MAX * 2))]);
      store.write(1, [put("/workspace/a", Uint8Array.of(0xff))]);
      store.write(2, [put("/workspace/b", "small again")]);
      store.write(2, [put("/workspace/c", "gone")]);
      store.write(3, [{ kind: "delete", path: "/workspace/c" }]);
      return store.all();
    });
    expect(files).toEqual([
      { path: "/workspace/a", text: "/w==", encoding: "base64" },
      { path: "/workspace/b", text: "small again" },
    ]);
  });
});

describe("what a replay takes along", () => {
  it("is every version before its step, and stands the same in another task", async () => {
    const large = noise(2 * FILE_ROW_BYTES_MAX);
    const exported = await inStore("source", (store): ExportedFile[] => {
      store.write(0, [put("/workspace/a", "one")]);
      store.write(0, [put("/workspace/large", large)]);
      store.write(1, [{ kind: "delete", path: "/workspace/a" }]);
      store.write(2, [put("/workspace/late", "not yet")]);
      return store.export(2);
    });
    expect(exported.map(({ step, path, encoding }) => [step, path, encoding])).toEqual([
      [0, "/workspace/a", undefined],
      [0, "/workspace/large", "base64"],
      [1, "/workspace/a", undefined],
    ]);
    // As it travels: as JSON.
    const travelled: ExportedFile[] = JSON.parse(JSON.stringify(exported));
    const files = await inStore("target", (store) => {
      store.import(travelled);
      return store.all();
    });
    expect(files.map(({ path }) => path)).toEqual(["/workspace/large"]);
    expect(Buffer.compare(bytesOf(files[0]) ?? new Uint8Array(), large)).toBe(0);
  });
});
