# METADATA
# title: What an operator sets
# description: >-
#   Tables that the rules read. A key of `tenants` is a tenant, or "*" for every one; what a tenant has of its own is
#   added to that. After a change: npm run policies.
package vasini.settings

# {"acme": {
#   "packs_denied": ["legacy-bot"],       packs the tenant may not run
#   "tools_denied": ["http_request"],     tools no pack of the tenant may call
#   "regions": ["eu"],                    the only regions that may act for it
#   "hours": {"from": 7, "to": 19},       hours (UTC) in which its agents may change anything
# }}
tenants["*"] := {}

# Handoffs below one task; the runtime has a limit of its own.
handoff_depth_max := 3
