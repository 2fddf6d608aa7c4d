/**
 * Who may do what, as data: the scopes a route can ask for, and the roles that grant them. A key carries roles, a
 * token roles or scopes; nothing else grants anything. `docs/credentials.md` shows the same table, held by a test.
 */

export const ACCESS_SCOPES = [
  "tasks:read",
  "tasks:write",
  "tasks:cancel",
  "approvals:read",
  "approvals:decide",
  "packs:read",
  "packs:publish",
  "packs:promote",
  "budgets:write",
  "keys:write",
  "webhooks:write",
  "secrets:write",
  "policies:write",
  "audit:read",
  "audit:export",
  "data:erase",
  "tenants:admin",
] as const;

export type AccessScope = (typeof ACCESS_SCOPES)[number];

/** All a tenant can do with what is its own. Making tenants is no tenant's business. */
export const TENANT_SCOPES: readonly AccessScope[] = ACCESS_SCOPES.filter((scope) => scope !== "tenants:admin");

const READ = ["tasks:read", "approvals:read", "packs:read"] as const;
const OPERATE = [...READ, "tasks:write", "tasks:cancel"] as const;

export const ROLES = {
  viewer: READ,
  operator: OPERATE,
  approver: [...READ, "approvals:decide"],
  developer: [...OPERATE, "packs:publish", "webhooks:write", "secrets:write"],
  admin: TENANT_SCOPES,
  auditor: [...READ, "audit:read", "audit:export"],
  billing: ["budgets:write"],
} as const satisfies Record<string, readonly AccessScope[]>;

export type Role = keyof typeof ROLES;

export const ROLE_NAMES = ["viewer", "operator", "approver", "developer", "admin", "auditor", "billing"] as const;

export const scopesOf = (roles: readonly Role[]): ReadonlySet<AccessScope> =>
  new Set(roles.flatMap((role): readonly AccessScope[] => ROLES[role]));

/** Names that are no role are left out: a token may carry roles of other systems. */
export const parseRoles = (names: readonly string[]): Role[] => ROLE_NAMES.filter((role) => names.includes(role));

/** Names that are no scope of ours are left out. */
export const parseScopes = (names: readonly string[]): AccessScope[] =>
  ACCESS_SCOPES.filter((scope) => names.includes(scope));
