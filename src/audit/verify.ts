/**
 * Whether an export of the audit log is whole and unchanged. Pure and offline: lines in, the first thing that is wrong
 * out. What it can say is bounded by what it is given: without a trusted key, a log that was made up whole passes.
 */
import { err, ok, type Result } from "../platform/index.ts";
import { type SignedHead, verifyHead } from "./head.ts";
import { AUDIT_FIELDS, type AuditRow, FIRST_PREV_HASH, hashOf, isNumberField } from "./row.ts";

export type Verified = {
  readonly tenant: string;
  readonly rows: number;
  /** The key that signed the head. Whether it is the right one, only who kept it elsewhere can say. */
  readonly publicKey: string;
};

/** @param line of the export, from 1. */
export type AuditFault = { readonly line: number; readonly message: string };

const fault = (line: number, message: string): Result<never, AuditFault> => err({ line, message });

const ROW_MEMBERS = [...AUDIT_FIELDS, "hash"] as const;

const isMember = (name: (typeof ROW_MEMBERS)[number], member: unknown): boolean =>
  member === null || (isNumberField(name) ? Number.isSafeInteger(member) : typeof member === "string");

/** Null for what is no line of an export. */
function parseLine(
  text: string,
): { readonly kind: "row"; readonly row: AuditRow } | { readonly kind: "head"; readonly head: SignedHead } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // the caller says which line it was
  }
  if (typeof value !== "object" || value === null) return null;
  if (Reflect.get(value, "kind") === "head") {
    const names = ["tenant_id", "hash", "signed_at", "public_key", "signature"];
    const isHead = names.every((name) => typeof Reflect.get(value, name) === "string");
    return isHead && Number.isSafeInteger(Reflect.get(value, "seq"))
      ? { kind: "head", head: value as SignedHead }
      : null; // every member was looked at
  }
  // A member more, or a number written as text, would be shown to readers and stand in no hash.
  const isRow = ROW_MEMBERS.every((name) => name in value && isMember(name, Reflect.get(value, name)));
  return isRow && Object.keys(value).length === ROW_MEMBERS.length ? { kind: "row", row: value as AuditRow } : null; // every member was looked at
}

/**
 * @param lines of NDJSON, the head last; empty ones are passed over.
 * @param publicKey the trusted key; null: the one the head names, which proves only that the head is its own.
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  publicKey: string | null,
): Promise<Result<Verified, AuditFault>> {
  let line = 0;
  let before: AuditRow | null = null;
  let rows = 0;
  let head: SignedHead | null = null;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === "") continue;
    if (head !== null) return fault(line, "something follows the head, which is the last line of an export");
    const parsed = parseLine(text);
    if (parsed === null) return fault(line, "this is no row of an audit log");
    if (parsed.kind === "head") {
      const problem = await headFault(parsed.head, before, publicKey);
      if (problem !== null) return fault(line, problem);
      head = parsed.head;
      continue;
    }
    const problem = await rowFault(parsed.row, before);
    if (problem !== null) return fault(line, problem);
    before = parsed.row;
    rows += 1;
  }
  if (head === null) return fault(line, "the head is missing: rows may have been cut off at the end");
  return ok({ tenant: head.tenant_id, rows, publicKey: head.public_key });
}

async function rowFault(row: AuditRow, before: AuditRow | null): Promise<string | null> {
  if (before !== null && row.tenant_id !== before.tenant_id) return "the row is another tenant's";
  const expected = before === null ? 1 : before.seq + 1;
  if (row.seq !== expected)
    return `the row has number ${row.seq}; ${expected} was to come: rows are missing, added or out of order`;
  if ((await hashOf(row)) !== row.hash) return `row ${row.seq} was changed: its hash is not that of its fields`;
  if (row.prev_hash !== (before?.hash ?? FIRST_PREV_HASH))
    return `row ${row.seq} does not follow the row before it: the chain was forked`;
  return null;
}

async function headFault(head: SignedHead, last: AuditRow | null, publicKey: string | null): Promise<string | null> {
  const verified = await verifyHead(head, publicKey ?? head.public_key);
  if (!verified.ok) return verified.error;
  if (last === null) return head.seq === 0 ? null : `the head is that of row ${head.seq}, and there are no rows`;
  if (head.tenant_id !== last.tenant_id) return "the head is another tenant's";
  // The log may have grown between the head and the last page, never shrunk.
  if (head.seq !== last.seq) return `the head is that of row ${head.seq}, and the last row is ${last.seq}`;
  return head.hash === last.hash ? null : `row ${last.seq} is not the one the head was signed for`;
}
