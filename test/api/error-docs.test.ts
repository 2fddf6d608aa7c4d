/** docs/errors.md says what the Worker says, about every code and no other. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorPage, errorsPage, REQUEST_ADVICE, TASK_ADVICE, TOOL_ADVICE } from "../../src/api/error-docs.ts";
import { ERRORS } from "../../src/platform/index.ts";
import { TASK_ERROR_CODES } from "../../src/task/index.ts";
import { TOOL_ERROR_CODES } from "../../src/tool/contract.ts";

const PAGE = join(import.meta.dirname, "../../docs/errors.md");

describe("docs/errors.md", () => {
  it("is the page the Worker serves", async () => {
    expect(await readFile(PAGE, "utf8")).toBe(errorsPage());
  });

  const tables: [string, object, readonly string[]][] = [
    ["requests", REQUEST_ADVICE, Object.keys(ERRORS)],
    ["tasks", TASK_ADVICE, TASK_ERROR_CODES],
    ["tools", TOOL_ADVICE, TOOL_ERROR_CODES],
  ];
  it.each(tables)("has every code of %s and no other", (_name, advice, codes) => {
    expect(Object.keys(advice).sort()).toEqual([...codes].sort());
  });

  it("gives each code its own page, and none to what is no code", () => {
    for (const code of [...Object.keys(ERRORS), ...TASK_ERROR_CODES, ...TOOL_ERROR_CODES]) {
      const page = errorPage(code);
      expect(page, code).toContain(`### ${code}\n`);
      expect(page, code).toMatch(/Why: .+What to do: .+\.\n/s);
    }
    expect(errorPage("NO_SUCH_CODE")).toBeNull();
    expect(errorPage("MISSING")).toBeNull();
  });

  it("says both things about a code that requests and tasks share", () => {
    expect(errorPage("PACK_NOT_FOUND")?.match(/^### PACK_NOT_FOUND$/gm)).toHaveLength(2);
  });
});
