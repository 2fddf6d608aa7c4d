/** Whether an export of the audit log is whole: every way to tamper with it is seen, wherever it happens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSigningKey, signHead, verifyHead } from "../../src/audit/head.ts";
import type { AuditRow } from "../../src/audit/row.ts";
import { verifyExport } from "../../src/audit/verify.ts";
import { headOf, makeRow, makeRows, SEED, TENANT, toLines } from "./log.ts";

const rows = await makeRows(12);
const head = await headOf(rows);
const KEY = head.public_key;

const messageOf = async (lines: readonly string[], key: string | null = KEY): Promise<string> => {
  const outcome = await verifyExport(lines, key);
  return outcome.ok ? "whole" : outcome.error.message;
};

describe("an export", () => {
  it("that is whole verifies, with its number of rows", async () => {
    expect(await verifyExport(toLines(rows, head), KEY)).toEqual({
      ok: true,
      value: { tenant: TENANT, rows: 12, publicKey: KEY },
    });
  });

  it("without a trusted key verifies against the key it names, and says which", async () => {
    expect(await verifyExport(toLines(rows, head), null)).toMatchObject({ ok: true, value: { publicKey: KEY } });
    expect(await messageOf(toLines(rows, { ...head, signed_at: "2026-03-01T00:00:00.000Z" }), null)).toMatch(
      /not signed/,
    );
  });

  it("of an empty log verifies", async () => {
    expect(await messageOf(toLines([], await headOf([])))).toBe("whole");
  });

  it("may have empty lines, as editors leave them", async () => {
    expect(await messageOf([...toLines(rows, head), "", "  "])).toBe("whole");
  });

  const others = (row: AuditRow): Promise<AuditRow> => makeRow(row.seq, row.prev_hash, { actor: "key:other" });
  /** Index of a row -> the lines after the tampering, and what must be said of them. */
  const TAMPERINGS: Readonly<Record<string, readonly [(at: number) => Promise<string[]>, RegExp]>> = {
    "a changed field": [
      async (at) =>
        toLines(
          rows.map((row, index) => (index === at ? { ...row, actor: "key:other" } : row)),
          head,
        ),
      /was changed: its hash/,
    ],
    "a changed number": [
      async (at) =>
        toLines(
          rows.map((row, index) => (index === at ? { ...row, duration_ms: 7_777 } : row)),
          head,
        ),
      /was changed: its hash/,
    ],
    "a deleted row": [async (at) => toLines(rows.toSpliced(at, 1), head), /rows are missing|the head is that of row/],
    "an inserted row": [
      async (at) => toLines(rows.toSpliced(at, 0, await makeRow(at + 1, rows[at]?.prev_hash ?? "", { id: "x" })), head),
      /rows are missing, added or out of order|the chain was forked/,
    ],
    "two rows in the other order": [
      async (at) => {
        const [one, other] = [rows[at], rows[(at + 1) % rows.length]];
        const swapped = rows.map((row) => (row === one ? other : row === other ? one : row));
        return toLines(swapped as AuditRow[], head); // both are rows of the list
      },
      /rows are missing, added or out of order/,
    ],
    "an end that was cut off": [async (at) => toLines(rows.slice(0, at), head), /the head is that of row/],
    "a fork: a row that was made anew, hash and all": [
      async (at) => {
        const forked = await Promise.all(rows.map((row, index) => (index === at ? others(row) : row)));
        return toLines(forked, head);
      },
      /the chain was forked|is not the one the head was signed for/,
    ],
    "a whole log that was made anew under another key": [
      async (at) => {
        const mine = [...rows.slice(0, at), await makeRow(at + 1, rows[at]?.prev_hash ?? "", { actor: "key:mine" })];
        return toLines(mine, await headOf(mine, "A".repeat(43)));
      },
      /was not signed by this key/,
    ],
  };
  for (const [name, [tamper, message]] of Object.entries(TAMPERINGS)) {
    it(`shows ${name}, wherever it is`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(rows.length - 1), async (at) => {
          expect(await messageOf(await tamper(at))).toMatch(message);
        }),
        { numRuns: 30 },
      );
    });
  }

  const BROKEN: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no head", toLines(rows, null), /the head is missing/],
    ["nothing", [], /the head is missing/],
    ["something after the head", [...toLines(rows, head), "{}"], /something follows the head/],
    ["a line that is no JSON", ["{", ...toLines(rows, head)], /no row of an audit log/],
    ["a line that is no row", ['{"a":1}', ...toLines(rows, head)], /no row of an audit log/],
    [
      "a row with a member that no hash covers",
      toLines([{ ...(rows[0] as AuditRow), note: "added" } as AuditRow, ...rows.slice(1)], head),
      /no row of an audit log/,
    ],
    [
      "a number that was made a text, which hashes the same",
      toLines([{ ...(rows[0] as AuditRow), duration_ms: "1" } as unknown as AuditRow, ...rows.slice(1)], head),
      /no row of an audit log/,
    ],
    ["a start that was cut off", toLines(rows.slice(3), head), /1 was to come/],
    [
      "a row of another tenant",
      [...toLines([rows[0] as AuditRow, { ...(rows[1] as AuditRow), tenant_id: "b" }], head)],
      /another tenant's/,
    ],
  ];
  for (const [name, lines, message] of BROKEN) {
    it(`is refused for ${name}, with the line`, async () => {
      expect(await messageOf(lines)).toMatch(message);
    });
  }
});

describe("a head", () => {
  it("is signed as RFC 8032 signs: the public key of its first test vector", () => {
    expect(KEY).toBe("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  });

  it("is good for its own key alone, and for nothing that was changed", async () => {
    expect(await verifyHead(head, KEY)).toEqual({ ok: true, value: null });
    for (const change of [
      { seq: 11 },
      { hash: "0".repeat(64) },
      { tenant_id: "b" },
      { signed_at: "2026-02-02T00:00:00.000Z" },
    ]) {
      expect((await verifyHead({ ...head, ...change }, KEY)).ok).toBe(false);
    }
    const other = await signHead(head, "A".repeat(43));
    expect((await verifyHead(head, other.public_key)).ok).toBe(false);
  });

  it("says what is wrong with a key or a signature that cannot be one", async () => {
    expect(await verifyHead(head, "x")).toMatchObject({ error: expect.stringMatching(/public key is not 32 bytes/) });
    expect(await verifyHead({ ...head, signature: "x" }, KEY)).toMatchObject({
      error: expect.stringMatching(/signature is not 64 bytes/),
    });
  });

  it("takes a seed of 32 bytes and nothing else", () => {
    expect([SEED, `${SEED}=`, SEED.slice(1), `${SEED}AA`, "", "ä".repeat(43)].map(isSigningKey)).toEqual([
      ...[true, true, false, false, false, false],
    ]);
  });
});
