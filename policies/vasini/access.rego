# METADATA
# title: Calls of the API
# description: >-
#   Roles and the scopes they grant: the same table as docs/credentials.md, which a test compares. A credential has
#   roles, or scopes, or both.
package vasini.access

tenant_scopes := {
	"tasks:read", "tasks:write", "tasks:cancel",
	"approvals:read", "approvals:decide",
	"packs:read", "packs:publish", "packs:promote",
	"budgets:write", "keys:write", "webhooks:write", "secrets:write", "policies:write",
	"audit:read", "audit:export", "data:erase",
}

scopes := tenant_scopes | {"tenants:admin"}

read := {"tasks:read", "approvals:read", "packs:read"}

operate := read | {"tasks:write", "tasks:cancel"}

roles := {
	"viewer": read,
	"operator": operate,
	"approver": (read | {"approvals:decide"}),
	"developer": (operate | {"packs:publish", "webhooks:write", "secrets:write"}),
	"admin": tenant_scopes,
	"auditor": (read | {"audit:read", "audit:export"}),
	"billing": {"budgets:write"},
}

grants(principal, scope) if {
	scope in scopes
	scope in principal.scopes
}

grants(principal, scope) if {
	some role in principal.roles
	scope in roles[role]
}
