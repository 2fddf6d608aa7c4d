/** The whole Worker as in production: a credential is asked for, keys are made and taken, over the real objects. */

import { inject } from "vitest";
import type { Role } from "../../src/api/access.ts";
import { createCredentials } from "../../src/api/credentials.ts";
import type { ApiDeps } from "../../src/api/index.ts";
import { createAuditReader } from "../../src/audit/index.ts";
import { assert, type Clock, createDb, systemClock } from "../../src/platform/index.ts";
import { SEED } from "../audit/log.ts";
import { webhooksOf } from "../event/database.ts";
import { type Ask, answerOf, ask, env, type Fetch, type Json, workerWith } from "./gateway.ts";
import { memoryLog } from "./ports.ts";

const { url, httpEndpoint, outboxDatabaseUrl } = inject("database");
/** The real one, which the Worker of these tests has no address of. */
export const database = () =>
  createDb({ database: { url, httpEndpoint }, outboxDatabaseUrl, clock: systemClock, random: () => 0 });

export const PEPPER = "the-pepper-of-these-tests";
const ADMIN = "the-bootstrap-key";

type Options = Partial<Pick<ApiDeps, "audit" | "auditLog" | "auditSigningKey" | "witness">> & {
  readonly authMode?: "dev" | "required";
  readonly clock?: Clock;
  readonly pepper?: string | null;
};

/** Each call is an isolate of its own: it remembers no key of another. */
export function guarded(options: Options = {}): Fetch {
  const { authMode = "required", clock = systemClock, pepper = PEPPER, ...rest } = options;
  return workerWith(({ config, random }) => ({
    auditLog: createAuditReader(database()),
    auditSigningKey: SEED,
    ...rest,
    config: { ...config, authMode },
    clock,
    webhooks: webhooksOf(),
    credentials: createCredentials({
      config: { environment: "development", authMode, adminApiKey: ADMIN, keyPepper: pepper, token: null },
      keys: (id) => env.KEY.getByName(id),
      clock,
      random,
      log: memoryLog(),
      fetch,
      onKeyRefused: () => undefined,
    }),
  }));
}

export const isolate = guarded();

/** One call with a credential; none when it is null. */
export const askAs = (credential: string | null, path: string, options: Ask = {}): Promise<Response> =>
  ask(path, {
    via: isolate,
    tenant: null,
    ...options,
    headers: { ...(credential === null ? {} : { authorization: `Bearer ${credential}` }), ...options.headers },
  });

export const asOperator = (path: string, options: Ask = {}): Promise<Response> => askAs(ADMIN, path, options);

export async function makeTenant(name: string): Promise<string> {
  const tenant = `${name}-${crypto.randomUUID().slice(0, 8)}`;
  const made = await asOperator("/api/v1/tenants", { body: { tenant_id: tenant, name } });
  assert(made.status === 201, `no tenant: ${made.status}`);
  await made.body?.cancel();
  return tenant;
}

export type MadeKey = { readonly id: string; readonly key: string };

export async function makeKey(tenant: string, roles: readonly Role[], more: Json = {}): Promise<MadeKey> {
  const { status, body } = await answerOf(
    asOperator("/api/v1/keys", { body: { tenant_id: tenant, name: "a key", roles, ...more } }),
  );
  assert(status === 201 && typeof body.id === "string" && typeof body.key === "string", `no key: ${body.code}`);
  return { id: body.id, key: body.key };
}
