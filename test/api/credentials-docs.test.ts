/** docs/credentials.md shows the roles as they are, and the form that keys have. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ACCESS_SCOPES, ROLE_NAMES, ROLES } from "../../src/api/access.ts";
import { makeKey } from "../../src/api/key-text.ts";
import { KEY_CACHE_MS, KEYS_ACTIVE_MAX, TOKEN_AGE_SECONDS_MAX, TOKEN_TENANTS_MAX } from "../../src/api/limits.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { RPC_NEEDS } from "../../src/api/rpc-agent.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/credentials.md"), "utf8");

describe("docs/credentials.md", () => {
  it("has every role with its scopes and no other", () => {
    const section = PAGE.split(/^## /m).find((part) => part.startsWith("Roles\n")) ?? "";
    const rows = [...section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, role, scopes]) => [role, scopes]);
    expect(rows).toEqual(ROLE_NAMES.map((role) => [role, ROLES[role].map((scope) => `\`${scope}\``).join(" ")]));
  });

  it("explains every scope that a route or an RPC asks for", () => {
    const asked = new Set([...ROUTES.map(({ needs }) => needs), ...Object.values(RPC_NEEDS)]);
    const rows = PAGE.split("\n").filter((line) => /^\| `\w+:\w+`/.test(line));
    for (const scope of ACCESS_SCOPES) {
      expect(
        rows.some((row) => row.split("|")[1]?.includes(`\`${scope}\``)),
        scope,
      ).toBe(asked.has(scope));
    }
  });

  it("gives scanners a pattern that finds keys", () => {
    const pattern = /`(vas_\(live\|test\)[^`]+)`/.exec(PAGE)?.[1] ?? "";
    expect(makeKey("live").text).toMatch(new RegExp(`^${pattern}$`));
    expect(makeKey("test").text).toMatch(new RegExp(`^${pattern}$`));
  });

  it("tells the limits as they are", () => {
    expect(PAGE).toContain(`at most ${KEY_CACHE_MS / 1000}\n  seconds`);
    expect(PAGE).toContain(`up to ${KEYS_ACTIVE_MAX} are`);
    expect(PAGE).toContain(`more than ${TOKEN_AGE_SECONDS_MAX / 3600} hours`);
    expect(PAGE).toContain(`up to ${TOKEN_TENANTS_MAX};`);
  });
});
