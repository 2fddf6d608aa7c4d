/** docs/rest.md and docs/rpc.md name what is served: every route, every limit, every code. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  BODY_TIMEOUT_MS,
  EVENT_LIMIT_MAX,
  HEADER_BYTES_MAX,
  JSON_DEPTH_MAX,
  METADATA_ENTRIES_MAX,
  PACK_FILES_MAX,
} from "../../src/api/limits.ts";
import { PAGES } from "../../src/api/pages.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { ERRORS } from "../../src/platform/index.ts";

const page = (name: string): Promise<string> => readFile(join(import.meta.dirname, "../../docs", name), "utf8");

describe("docs/rest.md", () => {
  it("has a row for every route and no other", async () => {
    const rows = [...(await page("rest.md")).matchAll(/^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \|/gm)].map(
      ([, row]) => row,
    );
    expect(rows.toSorted()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted());
  });

  it("names the pages beside them", async () => {
    const text = await page("rest.md");
    for (const { path } of PAGES.filter(({ path }) => !/\.(?:js|css)$/.test(path)))
      expect(text).toContain(`\`${path}\``);
  });

  it("tells the limits as they are", async () => {
    const text = await page("rest.md");
    expect(text).toContain(`| ${JSON_DEPTH_MAX} levels |`);
    expect(text).toContain(`| ${HEADER_BYTES_MAX / 1024} KB |`);
    expect(text).toContain(`| ${BODY_TIMEOUT_MS / 1000} s |`);
    expect(text).toContain(`| ${METADATA_ENTRIES_MAX} entries,`);
    expect(text).toContain(`| ${PACK_FILES_MAX} |`);
    expect(text).toContain(`${EVENT_LIMIT_MAX} at most`);
  });
});

describe("docs/rpc.md", () => {
  it("has the Connect code of every code", async () => {
    const text = await page("rpc.md");
    for (const [code, { connect }] of Object.entries(ERRORS)) {
      const row = text.split("\n").find((line) => line.startsWith(`| \`${connect}\` |`));
      expect(row, code).toContain(`\`${code}\``);
    }
  });
});
