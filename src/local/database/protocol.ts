/**
 * Neon's SQL over HTTP, as its driver speaks it: one request holds one statement, or several that are one transaction.
 * Values travel as PostgreSQL's own text in both directions; the driver turns them into types. Pure.
 */
import { err, ok, type Result } from "../../platform/index.ts";
import { STATEMENTS_MAX } from "./limits.ts";

export type SqlStatement = { readonly query: string; readonly params: readonly (string | null)[] };

export type SqlWork = {
  readonly user: string;
  readonly statements: readonly SqlStatement[];
  /** The statement that opens the transaction; null: a single statement on its own. */
  readonly begin: string | null;
};

export type SqlField = {
  readonly name: string;
  readonly dataTypeID: number;
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeSize: number;
  readonly dataTypeModifier: number;
};

export type SqlResult = {
  readonly fields: readonly SqlField[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly command: string;
  readonly rowCount: number | null;
};

/** The fields of a PostgreSQL error, by the names node-postgres gives them. */
const ERROR_FIELDS = [
  ...["severity", "code", "detail", "hint", "position", "internalPosition", "internalQuery", "where"],
  ...["schema", "table", "column", "dataType", "constraint", "file", "line", "routine"],
] as const;
export type SqlFailure = { readonly message: string; readonly code: string | null; readonly [field: string]: unknown };

export type SqlOutcome =
  | { readonly ok: true; readonly results: readonly SqlResult[] }
  | { readonly ok: false; readonly failure: SqlFailure };

/** Runs work, each request on its own. Rejects when the database itself is lost. */
export interface SqlBackend {
  /** @param isWanted false once the caller hung up: work that has not begun by then need not. */
  run(work: SqlWork, credentials: Credentials, isWanted: () => boolean): Promise<SqlOutcome>;
  close(): Promise<void>;
}

export type Credentials = { readonly user: string; readonly password: string; readonly database: string };
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;
export type SqlRequest = {
  readonly credentials: Credentials;
  readonly work: SqlWork;
  readonly isBatch: boolean;
  readonly isArrayMode: boolean;
};

const ISOLATION: Readonly<Record<string, string>> = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
};

/** One sentence when it is no request of this protocol. */
export function parseRequest(headers: Headers, body: string): Result<SqlRequest, string> {
  const credentials = parseConnection(headers["neon-connection-string"]);
  if (credentials === null) return err("Neon-Connection-String is missing or is no PostgreSQL URL");
  const begin = parseBegin(headers);
  if (begin === null) return err("Neon-Batch-Isolation-Level is none that PostgreSQL has");
  const parsed = parseBody(body);
  if (parsed === null) return err(`the body is not {query, params} or {queries} with at most ${STATEMENTS_MAX}`);
  const { statements, isBatch } = parsed;
  return ok({
    credentials,
    work: { user: credentials.user, statements, begin: isBatch ? begin : null },
    isBatch,
    isArrayMode: headers["neon-array-mode"] === "true",
  });
}

function parseConnection(value: unknown): Credentials | null {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol) || url.username === "") return null;
  try {
    const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent);
    return { user: user ?? "", password: password ?? "", database: database ?? "" };
  } catch {
    // A percent sign that starts no escape.
    return null;
  }
}

function parseBegin(headers: Headers): string | null {
  const level = headers["neon-batch-isolation-level"];
  const isolation = typeof level === "string" ? ISOLATION[level] : "";
  if (isolation === undefined) return null;
  const parts = [
    "begin",
    isolation === "" ? "" : `isolation level ${isolation}`,
    headers["neon-batch-read-only"] === "true" ? "read only" : "",
    headers["neon-batch-deferrable"] === "true" ? "deferrable" : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function parseBody(body: string): { statements: SqlStatement[]; isBatch: boolean } | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null) return null;
    const isBatch = "queries" in parsed;
    const list: unknown = isBatch ? parsed.queries : [parsed];
    if (!Array.isArray(list) || list.length > STATEMENTS_MAX) return null;
    const statements = list.map(parseStatement).filter((statement) => statement !== null);
    return statements.length === list.length ? { statements, isBatch } : null;
  } catch {
    return null;
  }
}

function parseStatement(value: unknown): SqlStatement | null {
  if (typeof value !== "object" || value === null || !("query" in value) || typeof value.query !== "string")
    return null;
  const params: unknown = "params" in value ? value.params : [];
  if (!Array.isArray(params)) return null;
  const texts = params.map(toText);
  return { query: value.query, params: texts };
}

/** The driver sends text and null already; anything else comes from a caller by hand. */
function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The body of a good answer. */
export function toAnswer(request: SqlRequest, results: readonly SqlResult[]): unknown {
  const shaped = results.map((result) => {
    const fields = result.fields.map((field) => ({ ...field, format: "text" }));
    const rows = request.isArrayMode
      ? result.rows
      : result.rows.map((row) => Object.fromEntries(result.fields.map(({ name }, index) => [name, row[index]])));
    return { ...result, fields, rows, rowAsArray: request.isArrayMode };
  });
  return request.isBatch ? { results: shaped } : shaped[0];
}

/** What a client may know of an error: PostgreSQL's own fields, null where it said nothing. */
export function toFailure(error: object): SqlFailure {
  const known = new Map<string, unknown>(Object.entries(error));
  const message = "message" in error ? String(error.message) : "unknown error";
  const fields = Object.fromEntries(ERROR_FIELDS.map((field) => [field, known.get(field) ?? null]));
  const code = known.get("code");
  return { ...fields, message, code: typeof code === "string" ? code : null };
}

/** `INSERT 0 3` -> INSERT and 3; a command without a count has none. */
export function parseTag(tag: string): { readonly command: string; readonly rowCount: number | null } {
  const words = tag.split(" ");
  const last = words.at(-1) ?? "";
  return { command: words[0] ?? "", rowCount: /^\d+$/.test(last) ? Number(last) : null };
}
