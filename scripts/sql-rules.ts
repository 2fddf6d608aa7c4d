/**
 * What a migration may hold, judged by PostgreSQL's own parser: an allow-list of statements that only add, and the
 * rules that keep tenants apart. Pure apart from loading the parser; `lint-sql.ts` is the command.
 */
import { loadModule, parse } from "libpg-query";

export type SqlFault = { readonly file: string; readonly line: number; readonly message: string };

/** A node of the parse tree: the parser's JSON, read defensively instead of through its generated types. */
type Node = { readonly [key: string]: unknown };

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const nodeAt = (node: Node, key: string): Node => {
  const value = node[key];
  return isNode(value) ? value : {};
};
const listAt = (node: Node, key: string): readonly Node[] => {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
};
const textAt = (node: Node, key: string): string => (typeof node[key] === "string" ? node[key] : "");
const namesAt = (node: Node, key: string): string[] =>
  listAt(node, key).map((item) => textAt(nodeAt(item, "String"), "sval"));

/** What a table of this file has shown so far. */
type Table = { readonly line: number; enabled: boolean; forced: boolean; isolated: boolean };
type Context = {
  readonly tables: Map<string, Table>;
  /** The file holds one statement and no more: then it may run outside a transaction. */
  readonly isAlone: boolean;
  readonly isolation: string;
  readonly report: (message: string) => void;
};
type Check = (node: Node, context: Context) => void;

const ALTERATIONS = new Set([
  "AT_AddColumn",
  "AT_AddConstraint",
  "AT_ValidateConstraint",
  "AT_EnableRowSecurity",
  "AT_ForceRowSecurity",
  "AT_ColumnDefault",
  "AT_DropNotNull",
]);
const PRIVILEGES = new Set(["select", "insert", "update", "delete", "usage", "execute"]);
const ROLES = ["app_user", "outbox_publisher"];
/** The one table that the publisher's role may see across tenants. */
const OUTBOX = "event_outbox";
const ISOLATION = "tenant_id = (SELECT app.tenant())";

/** Every fault of one file, in the order of its lines. */
export async function lintSql(file: string, sql: string): Promise<readonly SqlFault[]> {
  await loadModule();
  let statements: readonly Node[];
  try {
    statements = listAt(toNode(await parse(sql)), "stmts");
  } catch (thrown) {
    return [{ file, line: 1, message: `does not parse: ${thrown instanceof Error ? thrown.message : String(thrown)}` }];
  }
  const faults: SqlFault[] = [];
  const tables = new Map<string, Table>();
  const isolation = await expressionOf(ISOLATION);
  for (const statement of statements) {
    const line = lineAt(sql, statement.stmt_location);
    const report = (message: string): void => void faults.push({ file, line, message });
    const [kind = "", body = {}] = Object.entries(nodeAt(statement, "stmt"))[0] ?? [];
    const check = STATEMENTS[kind];
    if (check === undefined) report(`${kind} is not allowed: a migration only adds, in plain statements`);
    else if (isNode(body)) check(body, { tables, isolation, isAlone: statements.length === 1, report });
    for (const call of callsOf(statement)) checkCall(call, report);
    const created = isNode(body) ? textAt(nodeAt(body, "relation"), "relname") : "";
    if (kind === "CreateStmt") tables.set(created, { line, enabled: false, forced: false, isolated: false });
  }
  for (const [name, table] of tables) {
    const missing = [
      table.enabled ? [] : ["ENABLE ROW LEVEL SECURITY"],
      table.forced ? [] : ["FORCE ROW LEVEL SECURITY"],
      table.isolated ? [] : ["a policy TO app_user"],
    ].flat();
    if (missing.length > 0)
      faults.push({ file, line: table.line, message: `table ${name} lacks ${missing.join(", ")}` });
  }
  return faults.sort((a, b) => a.line - b.line);
}

const STATEMENTS: Readonly<Record<string, Check>> = {
  CreateExtensionStmt: () => {},
  CommentStmt: () => {},
  CreateStmt: checkTable,
  AlterTableStmt: checkAlter,
  IndexStmt: checkIndex,
  CreatePolicyStmt: checkPolicy,
  GrantStmt: checkGrant,
  CreateFunctionStmt: checkFunction,
  CreateTrigStmt: () => {},
  ViewStmt: (node, { report }) => {
    const invoker = listAt(node, "options").map((option) => nodeAt(option, "DefElem"));
    const option = invoker.find((element) => textAt(element, "defname") === "security_invoker");
    const value = option === undefined ? null : JSON.stringify(option.arg ?? "true");
    if (value === null || !/"true"|"on"|:true/.test(value)) {
      report("a view without security_invoker reads as its owner, past every policy");
    }
  },
};

function checkTable(node: Node, { report }: Context): void {
  const relation = nodeAt(node, "relation");
  const name = textAt(relation, "relname");
  if (textAt(relation, "schemaname") !== "")
    report(`table ${name}: tables stand in the default schema, named without it`);
  if (textAt(relation, "relpersistence") !== "p")
    report(`table ${name}: temporary and unlogged tables are not allowed`);
  const columns = listAt(node, "tableElts").map((element) => nodeAt(element, "ColumnDef"));
  const tenant = columns.find((column) => textAt(column, "colname") === "tenant_id");
  const constraints = tenant === undefined ? [] : constraintsOf(tenant);
  const kinds = constraints.map((constraint) => textAt(constraint, "contype"));
  if (tenant === undefined) report(`table ${name} has no tenant_id`);
  else if (!kinds.includes("CONSTR_NOTNULL") || !kinds.includes("CONSTR_CHECK")) {
    report(`table ${name}: tenant_id needs NOT NULL and CHECK (tenant_id <> '')`);
  }
  for (const column of columns) checkColumnKeys(column, report);
  const whole = listAt(node, "tableElts").map((element) => nodeAt(element, "Constraint"));
  for (const constraint of whole) checkKey(constraint, report);
  if (!whole.some((constraint) => textAt(constraint, "contype") === "CONSTR_PRIMARY")) {
    report(`table ${name} has no primary key that starts with tenant_id`);
  }
}

const constraintsOf = (column: Node): Node[] => listAt(column, "constraints").map((item) => nodeAt(item, "Constraint"));

/** A key written at a column holds that column alone, so it cannot start with the tenant. */
function checkColumnKeys(column: Node, report: (message: string) => void): void {
  for (const constraint of constraintsOf(column)) {
    const kind = textAt(constraint, "contype");
    if (/^CONSTR_(?:PRIMARY|UNIQUE|FOREIGN|EXCLUSION)$/.test(kind)) {
      report(`${textAt(column, "colname")}: a key stands on its own line and starts with tenant_id`);
    }
  }
}

function checkKey(constraint: Node, report: (message: string) => void): void {
  const kind = textAt(constraint, "contype");
  if (kind === "CONSTR_EXCLUSION") report("exclusion constraints are not allowed");
  if (kind === "CONSTR_PRIMARY" || kind === "CONSTR_UNIQUE") {
    if (textAt(constraint, "indexname") === "" && namesAt(constraint, "keys")[0] !== "tenant_id") {
      report(`key (${namesAt(constraint, "keys").join(", ")}) must start with tenant_id`);
    }
  }
  if (kind !== "CONSTR_FOREIGN") return;
  const to = textAt(nodeAt(constraint, "pktable"), "relname");
  const ends = [namesAt(constraint, "fk_attrs")[0], namesAt(constraint, "pk_attrs")[0]];
  if (ends.some((column) => column !== "tenant_id"))
    report(`foreign key to ${to} must start with tenant_id on both sides`);
}

function checkAlter(node: Node, { tables, report }: Context): void {
  const table = tables.get(textAt(nodeAt(node, "relation"), "relname"));
  for (const item of listAt(node, "cmds")) {
    const command = nodeAt(item, "AlterTableCmd");
    const kind = textAt(command, "subtype");
    if (!ALTERATIONS.has(kind)) report(`${kind} is not allowed: a migration only adds`);
    if (table !== undefined && kind === "AT_EnableRowSecurity") table.enabled = true;
    if (table !== undefined && kind === "AT_ForceRowSecurity") table.forced = true;
    const definition = nodeAt(command, "def");
    if (kind === "AT_AddColumn") checkNewColumn(nodeAt(definition, "ColumnDef"), report);
    if (kind === "AT_AddConstraint") checkNewConstraint(nodeAt(definition, "Constraint"), report);
  }
}

function checkNewColumn(column: Node, report: (message: string) => void): void {
  const kinds = constraintsOf(column).map((constraint) => textAt(constraint, "contype"));
  const filled = ["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"].some((kind) => kinds.includes(kind));
  if (kinds.includes("CONSTR_NOTNULL") && !filled) report(`${textAt(column, "colname")}: NOT NULL needs a DEFAULT`);
  checkColumnKeys(column, report);
}

function checkNewConstraint(constraint: Node, report: (message: string) => void): void {
  const kind = textAt(constraint, "contype");
  checkKey(constraint, report);
  if (/^CONSTR_(?:CHECK|FOREIGN)$/.test(kind) && constraint.skip_validation !== true) {
    report("a constraint on an existing table is added NOT VALID and validated by the next migration");
  }
  if (/^CONSTR_(?:PRIMARY|UNIQUE)$/.test(kind) && textAt(constraint, "indexname") === "") {
    report("a unique constraint on an existing table uses an index that was built before");
  }
}

function checkIndex(node: Node, { tables, isAlone, report }: Context): void {
  const table = textAt(nodeAt(node, "relation"), "relname");
  const first = textAt(nodeAt(listAt(node, "indexParams")[0] ?? {}, "IndexElem"), "name");
  if (node.unique === true && first !== "tenant_id") report(`unique index on ${table} must start with tenant_id`);
  if (node.concurrent === true && !isAlone) report("CREATE INDEX CONCURRENTLY is the only statement of its file");
  if (node.concurrent !== true && !tables.has(table)) {
    report(`an index on ${table}, which exists already, would block its writers: CONCURRENTLY, in a file of its own`);
  }
}

function checkPolicy(node: Node, { tables, isolation, report }: Context): void {
  const name = textAt(nodeAt(node, "table"), "relname");
  const roles = listAt(node, "roles").map((role) => textAt(nodeAt(role, "RoleSpec"), "rolename"));
  if (roles.length !== 1 || !ROLES.includes(roles[0] ?? "")) {
    report(`policy on ${name} must be TO app_user, or TO outbox_publisher on ${OUTBOX}`);
  } else if (roles[0] === "outbox_publisher") {
    if (name !== OUTBOX) report(`the publisher sees ${OUTBOX} alone, not ${name}`);
  } else {
    // Policies add up, so each one of the application's role has to be the whole rule.
    const table = tables.get(name);
    const parts = [node.qual, node.with_check].map((part) => bare(part));
    if (node.cmd_name !== "all" || node.permissive !== true || parts.some((part) => part !== isolation)) {
      report(`policy on ${name} must be FOR ALL USING and WITH CHECK (${ISOLATION})`);
    } else if (table !== undefined) table.isolated = true;
  }
}

function checkGrant(node: Node, { report }: Context): void {
  const grantees = listAt(node, "grantees").map((item) => textAt(nodeAt(item, "RoleSpec"), "rolename"));
  const privileges = listAt(node, "privileges").map((item) => textAt(nodeAt(item, "AccessPriv"), "priv_name"));
  if (node.is_grant !== true) report("REVOKE is not allowed: a migration only adds");
  if (grantees.some((grantee) => !ROLES.includes(grantee))) report(`grants go to ${ROLES.join(" or ")} alone`);
  const odd = privileges.length === 0 ? ["ALL"] : privileges.filter((privilege) => !PRIVILEGES.has(privilege));
  if (odd.length > 0) report(`${odd.join(", ")} is not granted to anybody`);
  if (node.grant_option === true) report("WITH GRANT OPTION is not allowed");
}

function checkFunction(node: Node, { report }: Context): void {
  const options = new Map(
    listAt(node, "options").map((option) => {
      const element = nodeAt(option, "DefElem");
      return [textAt(element, "defname"), element.arg] as const;
    }),
  );
  const language = JSON.stringify(options.get("language") ?? "");
  const body = JSON.stringify(options.get("as") ?? "");
  if (node.replace === true) report("CREATE OR REPLACE FUNCTION changes what exists; give the new one its own name");
  if (/true/.test(JSON.stringify(options.get("security") ?? ""))) report("SECURITY DEFINER runs past every policy");
  if (!/"(?:sql|plpgsql)"/.test(language)) report("functions are written in sql or plpgsql");
  if (/"sql"/.test(language) && options.has("as"))
    report("a function in sql has its body after RETURN, where it is parsed");
  const hidden = /\b(?:execute|set_config|set\s+(?:local|session|role)|drop|truncate|alter|security\s+definer)\b/i.exec(
    body,
  );
  if (hidden !== null) report(`"${hidden[0]}" inside a function cannot be checked`);
}

/** Calls anywhere in the statement, defaults and policies included. */
function callsOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(callsOf);
  if (!isNode(value)) return [];
  const own = isNode(value.FuncCall) ? [value.FuncCall] : [];
  return [...own, ...Object.values(value).flatMap(callsOf)];
}

function checkCall(call: Node, report: (message: string) => void): void {
  if (namesAt(call, "funcname").at(-1) !== "set_config") return;
  const isLocal = nodeAt(nodeAt(listAt(call, "args")[2] ?? {}, "A_Const"), "boolval").boolval === true;
  if (!isLocal)
    report("set_config for the session leaks to the next user of the connection; its third argument is true");
}

/** An expression without its positions, to compare. */
const bare = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) => (key === "location" ? undefined : part)) ?? "";

async function expressionOf(text: string): Promise<string> {
  const [statement = {}] = listAt(toNode(await parse(`SELECT ${text}`)), "stmts");
  const select = nodeAt(nodeAt(statement, "stmt"), "SelectStmt");
  return bare(nodeAt(listAt(select, "targetList")[0] ?? {}, "ResTarget").val);
}

const toNode = (value: unknown): Node => (isNode(value) ? value : {});

/** The parser counts bytes, and counts the white space before a statement to it. */
function lineAt(sql: string, offset: unknown): number {
  const bytes = Buffer.from(sql);
  const start = typeof offset === "number" ? offset : 0;
  const lead = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(bytes.subarray(start).toString())?.[0] ?? "";
  return (bytes.subarray(0, start).toString() + lead).split("\n").length;
}
