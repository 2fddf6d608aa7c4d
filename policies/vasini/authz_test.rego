package vasini.authz_test

import data.vasini.access
import data.vasini.authz

# --- A harmless question of each kind, which the cases below change in one place.

place := {
	"version": 1,
	"tenant": "acme",
	"at": {"hour": 10, "weekday": 3},
	"region": null,
	"pack": {
		"id": "hello",
		"version": "1.0.0",
		"risk_level": "low",
		"data_classification": "internal",
		"handoffs": ["writer"],
	},
}

pack_use := object.union(
	object.remove(place, ["pack"]),
	{"action": "pack.use", "pack": {"id": "hello", "version": "1.0.0"}},
)

tool(facts) := object.union(place, {
	"action": "tool.call",
	"tool": object.union({"id": "file_manager", "risk_level": "low", "labels": []}, facts),
	"taint": [],
	"needs": [],
})

handoff := object.union(place, {"action": "handoff", "target": {"tenant": "acme", "pack_id": "writer"}, "depth": 1})

api(principal, scope) := {
	"version": 1,
	"action": "api.call",
	"tenant": "acme",
	"principal": principal,
	"scope": scope,
}

with_fact(question, path, value) := json.patch(question, [{"op": "add", "path": path, "value": value}])

without_fact(question, path) := json.patch(question, [{"op": "remove", "path": path}])

judged(question) := decision if decision := authz.decision with input as question

effect(question) := judged(question).effect

rules(question) := {reason.rule | some reason in judged(question).reasons}

# --- Nothing is allowed that no rule allows.

test_unknown_input_is_denied if {
	unknown := [
		{}, null, "tool.call", [], 1, true,
		{"action": "tool.call"},
		{"version": 1, "action": "delete.everything", "tenant": "acme"},
		with_fact(pack_use, "/version", 2),
		with_fact(pack_use, "/tenant", ""),
		with_fact(pack_use, "/tenant", null),
		with_fact(tool({}), "/action", "tool.calls"),
	]
	every question in unknown { effect(question) == "deny" }
}

test_a_missing_fact_is_denied if {
	every path in ["/tool", "/tool/id", "/tool/risk_level", "/tool/labels", "/taint", "/needs", "/pack", "/pack/id"] {
		effect(without_fact(tool({}), path)) == "deny"
	}
	every path in ["/pack/risk_level", "/pack/data_classification"] { effect(without_fact(tool({}), path)) == "deny" }
	every path in ["/at", "/at/hour", "/at/weekday", "/region", "/pack/id", "/pack/version"] {
		effect(without_fact(tool({}), path)) == "deny"
		effect(without_fact(pack_use, path)) == "deny"
	}
}

test_a_fact_of_another_kind_is_denied if {
	effect(tool({"labels": ["harmless"]})) == "deny"
	effect(tool({"labels": "writes"})) == "deny"
	effect(tool({"risk_level": "none"})) == "deny"
	effect(with_fact(tool({}), "/taint", {"reads_private": true})) == "deny"
	effect(with_fact(tool({}), "/at/hour", 24)) == "deny"
	effect(with_fact(tool({}), "/needs", [7])) == "deny"
}

test_undecided_says_so if rules({}) == {"default"}

# --- Calls of the API.

test_a_role_grants_its_scopes_and_no_other if {
	every role, scopes in access.roles {
		every scope in access.scopes {
			wanted := {true: "allow", false: "deny"}[scope in scopes]
			effect(api({"roles": [role], "scopes": []}, scope)) == wanted
		}
	}
}

test_a_scope_of_the_credential_is_enough if {
	effect(api({"roles": [], "scopes": ["tasks:read"]}, "tasks:read")) == "allow"
	effect(api({"roles": [], "scopes": ["tasks:read"]}, "tasks:write")) == "deny"
}

test_what_is_no_scope_is_never_granted if {
	effect(api({"roles": ["admin"], "scopes": ["root"]}, "root")) == "deny"
	effect(api({"roles": ["root"], "scopes": []}, "tasks:read")) == "deny"
	effect(api({}, "tasks:read")) == "deny"
}

test_no_role_makes_tenants if {
	every role, _ in access.roles { effect(api({"roles": [role], "scopes": []}, "tenants:admin")) == "deny" }
}

# --- Calls of tools.

test_a_plain_call_is_allowed if {
	effect(tool({})) == "allow"
	effect(tool({"labels": ["writes", "external"], "risk_level": "high"})) == "allow"
}

test_what_the_pack_asks_for_is_asked_in_its_words if {
	question := with_fact(tool({}), "/needs", ["The pack wants it."])
	decision := authz.decision with input as question
	decision == {
		"effect": "ask",
		"reasons": [{"rule": "pack", "message": "The pack wants it."}],
		"obligations": [],
	}
}

test_critical_always_needs_a_person if {
	rules(tool({"risk_level": "critical"})) == {"critical"}
	effect(tool({"risk_level": "critical"})) == "ask"
}

# Every combination of what was seen and of what the call does.
test_the_rule_of_two if {
	every seen in [[], ["reads_private"], ["reads_untrusted"], ["reads_private", "reads_untrusted"]] {
		every labels in [[], ["writes"], ["external"], ["writes", "external"], ["reads_private"]] {
			question := with_fact(tool({"labels": labels}), "/taint", seen)
			third := {"writes", "external"} & {label | some label in labels}
			wanted := {true: "ask", false: "allow"}[min([count(seen) - 1, count(third)]) > 0]
			effect(question) == wanted
		}
	}
}

test_the_rule_of_two_counts_what_the_call_does_itself if {
	effect(tool({"labels": ["reads_private", "reads_untrusted", "writes"]})) == "ask"
	effect(with_fact(tool({"labels": ["reads_private", "external"]}), "/taint", ["reads_untrusted"])) == "ask"
	rules(tool({"labels": ["reads_private", "reads_untrusted", "external"]})) == {"rule_of_two"}
}

test_a_forbidden_call_is_denied_whatever_else_asks if {
	question := with_fact(tool({"labels": ["writes"]}), "/needs", ["The pack wants it."])
	decision := authz.decision with input as question
		with data.vasini.settings.tenants as {"acme": {"tools_denied": ["file_manager"]}}
	decision.effect == "deny"
	{reason.rule | some reason in decision.reasons} == {"tool_denied"}
}

# --- What must be done besides.

obligations(question) := judged(question).obligations

test_the_rule_of_two_is_audited if {
	question := with_fact(tool({"labels": ["writes"]}), "/taint", ["reads_private", "reads_untrusted"])
	obligations(question) == ["audit"]
	obligations(with_fact(question, "/pack/data_classification", "restricted")) == ["audit", "four_eyes"]
}

test_restricted_data_is_audited if {
	obligations(with_fact(tool({}), "/pack/data_classification", "restricted")) == ["audit"]
	obligations(tool({})) == []
}

# --- Packs and handoffs.

test_a_pack_is_for_every_tenant_that_has_it if effect(pack_use) == "allow"

test_a_pack_can_be_kept_from_a_tenant if {
	tenants := {"acme": {"packs_denied": ["hello"]}}
	denied := authz.decision with input as pack_use with data.vasini.settings.tenants as tenants
	denied.effect == "deny"
	other := authz.decision with input as with_fact(pack_use, "/tenant", "globex")
		with data.vasini.settings.tenants as tenants
	other.effect == "allow"
}

test_a_handoff_goes_where_the_pack_says if {
	effect(handoff) == "allow"
	effect(with_fact(handoff, "/target/pack_id", "other")) == "deny"
	effect(with_fact(handoff, "/target/tenant", "globex")) == "deny"
	effect(with_fact(handoff, "/depth", 4)) == "deny"
	effect(without_fact(handoff, "/depth")) == "deny"
}

test_a_handoff_to_a_pack_that_is_kept_from_the_tenant_is_denied if {
	denied := authz.decision with input as handoff
		with data.vasini.settings.tenants as {"*": {"packs_denied": ["writer"]}}
	denied.effect == "deny"
}

# --- Place and time.

test_nothing_acts_outside_of_the_regions if {
	tenants := {"acme": {"regions": ["eu"]}}
	every question in [pack_use, tool({}), handoff] {
		inside := authz.decision with input as with_fact(question, "/region", "eu")
			with data.vasini.settings.tenants as tenants
		inside.effect == "allow"
		outside := authz.decision with input as with_fact(question, "/region", "us")
			with data.vasini.settings.tenants as tenants
		outside.effect == "deny"
		nowhere := authz.decision with input as question with data.vasini.settings.tenants as tenants
		nowhere.effect == "deny"
	}
}

at_hour(question, hour, hours) := decision.effect if {
	decision := authz.decision with input as with_fact(question, "/at/hour", hour)
		with data.vasini.settings.tenants as {"*": {"hours": hours}}
}

test_hours_hold_for_what_changes_something if {
	day := {"from": 7, "to": 19}
	night := {"from": 22, "to": 6}
	writing := tool({"labels": ["writes"]})
	cases := [
		[6, day, "deny"], [7, day, "allow"], [18, day, "allow"], [19, day, "deny"],
		[21, night, "deny"], [22, night, "allow"], [5, night, "allow"], [6, night, "deny"],
	]
	every one in cases {
		at_hour(writing, one[0], one[1]) == one[2]
		at_hour(tool({"labels": ["reads_private"]}), one[0], one[1]) == "allow"
	}
}
