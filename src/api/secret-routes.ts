/** Secrets of the caller's tenant, for its tools: written and removed here, used by the gateway, and never read. */
import type * as z from "zod";
import { AppError, type TenantId, toRfc3339 } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { audited } from "./audited.ts";
import { callObject } from "./call-object.ts";
import type { ApiDeps } from "./deps.ts";
import { SECRETS_MAX } from "./limits.ts";
import { type Route, tenantRoute } from "./route.ts";
import { isSecretName, type NewSecret, type SecretFacts } from "./secret-record.ts";
import { Secret, SecretBody, SecretList } from "./secret-schema.ts";

const toSecret = (secret: SecretFacts): z.input<ReturnType<typeof Secret>> => ({
  name: secret.name,
  host: secret.host,
  header: secret.header,
  scheme: secret.scheme,
  created_at: toRfc3339(secret.createdAt),
  updated_at: toRfc3339(secret.updatedAt),
});

const unknown = (): AppError => new AppError("NOT_FOUND", "There is no such secret.");

/** Also for what cannot be a name: no answer tells one from the other. */
async function find(deps: ApiDeps, tenant: TenantId, name: string): Promise<SecretFacts> {
  const secrets = isSecretName(name) ? await callObject(deps, () => deps.secrets(tenant).list(tenant)) : [];
  const found = secrets.find((secret) => secret.name === name);
  if (found === undefined) throw unknown();
  return found;
}

/** @throws AppError for everything but a secret that is written. */
async function write(deps: ApiDeps, tenant: TenantId, secret: NewSecret) {
  const written = await callObject(deps, () => deps.secrets(tenant).put(tenant, secret));
  switch (written.kind) {
    case "written":
      return written;
    case "limit":
      throw new AppError("SECRET_LIMIT_REACHED", `The tenant has ${SECRETS_MAX} secrets; remove one first.`);
    case "closed":
      throw new AppError("UNAVAILABLE", "This server keeps no secrets: SECRETS_MASTER_KEY is not set.");
    case "invalid": {
      const { pointer, message } = written.fault;
      throw new AppError("INVALID_REQUEST", `The body is not valid: ${pointer}: ${message}`, {
        errors: [written.fault],
      });
    }
  }
}

const base = { tag: "secrets", needs: "secrets:write" } as const;
const PATH = "/api/v1/secrets";

const put = tenantRoute({
  ...base,
  method: "PUT",
  path: `${PATH}/{name}`,
  operation: "putSecret",
  summary: "Keeps a secret for tools, or replaces it; its value is shown in no answer",
  body: SecretBody,
  answers: [
    { status: 201, description: "Kept", schema: Secret },
    { status: 200, description: "Replaced", schema: Secret },
  ],
  errors: ["SECRET_LIMIT_REACHED", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant, params, body }) => {
    const { name = "" } = params;
    if (!isSecretName(name)) {
      const grammar = "1 to 64 letters, digits, '_' or '-', beginning with a letter";
      throw new AppError("INVALID_REQUEST", `The name of a secret is ${grammar}.`);
    }
    const scheme = body.scheme ?? (body.header === "authorization" ? "bearer" : "raw");
    const change = { tenant, action: "secret.written", resource: `secret:${name}` } as const;
    const { isNew, facts } = await audited(scope, change, () => write(deps, tenant, { ...body, scheme, name }));
    return jsonResponse(isNew ? 201 : 200, toSecret(facts), isNew ? { location: `${PATH}/${name}` } : {});
  },
});

const list = tenantRoute({
  ...base,
  method: "GET",
  path: PATH,
  operation: "listSecrets",
  summary: "The tenant's secrets by name: where each goes, and no value",
  answers: [{ status: 200, description: "All of them", schema: SecretList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant }) => {
    const secrets = await callObject(deps, () => deps.secrets(tenant).list(tenant));
    return jsonResponse(200, { items: secrets.map(toSecret), next_cursor: null });
  },
});

const get = tenantRoute({
  ...base,
  method: "GET",
  path: `${PATH}/{name}`,
  operation: "getSecret",
  summary: "Where one secret goes, without its value",
  answers: [{ status: 200, description: "As it is now", schema: Secret }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ deps, tenant, params }) => jsonResponse(200, toSecret(await find(deps, tenant, params.name ?? ""))),
});

const remove = tenantRoute({
  ...base,
  method: "DELETE",
  path: `${PATH}/{name}`,
  operation: "deleteSecret",
  summary: "Removes a secret; requests that begin from now on go without it",
  answers: [{ status: 204, description: "Removed", content: null }],
  errors: ["NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ scope, deps, tenant, params }) => {
    const { name } = await find(deps, tenant, params.name ?? "");
    await audited(scope, { tenant, action: "secret.deleted", resource: `secret:${name}` }, async () => {
      if (!(await callObject(deps, () => deps.secrets(tenant).remove(tenant, name)))) throw unknown();
    });
    return new Response(null, { status: 204 });
  },
});

export const SECRET_ROUTES: readonly Route[] = [put, list, get, remove];
