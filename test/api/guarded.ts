/** The whole Worker as in production: a credential is asked for, keys are made and taken, over the real objects. */

import type { Role } from "../../src/api/access.ts";
import { type CredentialPorts, createCredentials } from "../../src/api/credentials.ts";
import type { ApiDeps } from "../../src/api/index.ts";
import { createAuditReader } from "../../src/audit/index.ts";
import { createDeadLetters, usageConsumer } from "../../src/event/index.ts";
import { assert, type Clock, systemClock } from "../../src/platform/index.ts";
import { createDecisionReader } from "../../src/policy/index.ts";
import { SEED } from "../audit/log.ts";
import { databaseOf, webhooksOf } from "../event/database.ts";
import { type Ask, answerOf, ask, env, type Fetch, type Json, workerWith } from "./gateway.ts";
import { memoryLog } from "./ports.ts";

export const PEPPER = "the-pepper-of-these-tests";
const ADMIN = "the-bootstrap-key";

type Options = Partial<
  Pick<
    ApiDeps,
    | "access"
    | "audit"
    | "auditLog"
    | "auditSigningKey"
    | "deadLetters"
    | "decisions"
    | "onPolicyDenied"
    | "policy"
    | "witness"
  >
> & {
  readonly authMode?: "dev" | "required";
  readonly clock?: Clock;
  readonly pepper?: string | null;
  readonly onKeyRefused?: CredentialPorts["onKeyRefused"];
};

/** Each call is an isolate of its own: it remembers no key of another. */
export function guarded(options: Options = {}): Fetch {
  const { authMode = "required", clock = systemClock, pepper = PEPPER, ...more } = options;
  const { onKeyRefused = () => undefined, ...rest } = more;
  const door = workerWith(({ config, random }) => ({
    auditLog: createAuditReader(databaseOf()),
    auditSigningKey: SEED,
    decisions: createDecisionReader(databaseOf()),
    deadLetters: createDeadLetters({
      db: databaseOf(),
      consumers: [usageConsumer],
      replayers: {},
      clock,
      log: memoryLog(),
    }),
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
      onKeyRefused,
    }),
  }));
  return (request) => {
    // Refused credentials are counted by address; unless a test says where it comes from, each call has its own.
    if (!request.headers.has("cf-connecting-ip")) request.headers.set("cf-connecting-ip", crypto.randomUUID());
    return door(request);
  };
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
