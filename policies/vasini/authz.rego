# METADATA
# title: The default policy
# description: >-
#   One question in, one decision out. Nothing is allowed that no rule allows; a rule that denies wins over one that
#   asks, and that over one that allows.
package vasini.authz

import data.vasini.access
import data.vasini.settings

version := 1

default decision := {
	"effect": "deny",
	"reasons": [{"rule": "default", "message": "No rule of the policy allows this."}],
	"obligations": [],
}

decision := {"effect": "deny", "reasons": sorted(denials), "obligations": sorted(obligations)} if {
	is_known
	count(denials) > 0
} else := {"effect": "ask", "reasons": sorted(questions), "obligations": sorted(obligations)} if {
	is_allowed
	count(questions) > 0
} else := {"effect": "allow", "reasons": [], "obligations": sorted(obligations)} if {
	is_allowed
}

sorted(set) := [one | some one in set]

actions := {"api.call", "pack.use", "tool.call", "handoff"}

is_known if {
	input.version == version
	input.action in actions
	is_string(input.tenant)
	input.tenant != ""
}

# --- What is allowed at all.

is_allowed if {
	is_known
	input.action == "api.call"
	access.grants(input.principal, input.scope)
}

is_allowed if {
	is_known
	input.action == "pack.use"
	is_named
	is_place
}

is_allowed if {
	is_known
	input.action == "tool.call"
	is_pack
	is_tool
}

is_allowed if {
	is_known
	input.action == "handoff"
	is_pack
	input.target.tenant == input.tenant
	input.target.pack_id in input.pack.handoffs
	input.depth <= settings.handoff_depth_max
}

# Facts that a rule reads are there and are what they should be: a missing one must not read as a harmless one.

levels := {"low", "medium", "high", "critical"}

classes := {"public", "internal", "confidential", "restricted"}

labels := {"reads_untrusted", "reads_private", "writes", "external"}

is_named if {
	is_string(input.pack.id)
	is_string(input.pack.version)
}

is_pack if {
	is_named
	is_place
	input.pack.risk_level in levels
	input.pack.data_classification in classes
}

is_place if {
	input.at.hour in numbers.range(0, 23)
	input.at.weekday in numbers.range(1, 7)
	is_region
}

is_region if is_string(input.region)

is_region if is_null(input.region)

is_tool if {
	is_string(input.tool.id)
	input.tool.risk_level in levels
	is_array(input.tool.labels)
	every label in input.tool.labels { label in labels }
	is_array(input.taint)
	every label in input.taint { label in labels }
	is_array(input.needs)
	every need in input.needs { is_string(need) }
}

# --- What an operator forbids: settings.rego.

set_for_tenant contains settings.tenants[name] if some name in {"*", input.tenant}

denials contains {"rule": "pack_denied", "message": message} if {
	some own in set_for_tenant
	input.pack.id in own.packs_denied
	message := concat("", ["The pack ", input.pack.id, " is not for this tenant."])
}

denials contains {"rule": "pack_denied", "message": message} if {
	some own in set_for_tenant
	input.target.pack_id in own.packs_denied
	message := concat("", ["The pack ", input.target.pack_id, " is not for this tenant."])
}

denials contains {"rule": "tool_denied", "message": message} if {
	some own in set_for_tenant
	input.tool.id in own.tools_denied
	message := concat("", ["The tool ", input.tool.id, " is not for this tenant."])
}

denials contains {"rule": "region", "message": "Nothing acts for this tenant outside of its regions."} if {
	input.action != "api.call"
	some own in set_for_tenant
	own.regions
	not input.region in own.regions
}

denials contains {"rule": "hours", "message": "At this hour nothing may be changed for this tenant."} if {
	changes_state
	some own in set_for_tenant
	own.hours
	not is_within(own.hours)
}

# A span that ends before it begins goes over midnight.
is_within(hours) if {
	hours.from <= hours.to
	input.at.hour >= hours.from
	input.at.hour < hours.to
}

is_within(hours) if {
	hours.from > hours.to
	input.at.hour >= hours.from
}

is_within(hours) if {
	hours.from > hours.to
	input.at.hour < hours.to
}

# --- What needs a person.

# What the pack and its procedures ask for themselves, in their own words.
questions contains {"rule": "pack", "message": need} if {
	input.action == "tool.call"
	some need in input.needs
}

questions contains {"rule": "critical", "message": message} if {
	input.tool.risk_level == "critical"
	count(input.needs) == 0
	message := concat("", [input.tool.id, " has risk critical, which always needs a person."])
}

# Untrusted input, private data and a change of state: any two go together, all three need a person. What counts is
# what came into the task before the call was asked for, and what the call itself does.
questions contains {"rule": "rule_of_two", "message": message} if {
	is_rule_of_two
	message := concat("", [
		input.tool.id,
		" changes something or sends something out, in a task that has seen private data and untrusted content.",
	])
}

is_rule_of_two if {
	changes_state
	"reads_untrusted" in seen
	"reads_private" in seen
}

seen := {label | some label in input.taint} | {label | some label in input.tool.labels}

changes_state if {
	input.action == "tool.call"
	some label in input.tool.labels
	label in {"writes", "external"}
}

# --- What must be done besides.

obligations contains "audit" if is_rule_of_two

obligations contains "audit" if {
	input.action == "tool.call"
	input.pack.data_classification == "restricted"
}

obligations contains "four_eyes" if {
	is_rule_of_two
	input.pack.data_classification == "restricted"
}
