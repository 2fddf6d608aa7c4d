/** Packs: what a tenant can run, and publishing. */
import { composePack, type PackProblem, SHARED_SHELF } from "../pack/index.ts";
import { AppError, type ErrorItem } from "../platform/index.ts";
import { jsonResponse } from "./answer.ts";
import { audited } from "./audited.ts";
import { type Route, requirePackId, route, tenantRoute } from "./route.ts";
import { Pack, PackList, PublishBody, Published } from "./schema.ts";

const list = tenantRoute({
  method: "GET",
  path: "/api/v1/packs",
  operation: "listPacks",
  summary: "Packs the tenant can run, each in its newest version",
  tag: "packs",
  needs: "packs:read",
  answers: [{ status: 200, description: "All of them, by pack id", schema: PackList }],
  errors: ["UNAVAILABLE"],
  handle: async ({ deps, tenant }) => jsonResponse(200, { items: await deps.registry.list(tenant), next_cursor: null }),
});

const get = tenantRoute({
  method: "GET",
  path: "/api/v1/packs/{packId}",
  operation: "getPack",
  summary: "A pack in its newest version",
  tag: "packs",
  needs: "packs:read",
  answers: [{ status: 200, description: "The version a new task would run", schema: Pack }],
  errors: ["PACK_NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ deps, tenant, params }) => {
    const resolved = await deps.registry.resolve(tenant, requirePackId(params.packId), null);
    if (resolved === null) throw new AppError("PACK_NOT_FOUND");
    return jsonResponse(200, resolved.record);
  },
});

const versions = tenantRoute({
  method: "GET",
  path: "/api/v1/packs/{packId}/versions",
  operation: "listPackVersions",
  summary: "Versions of a pack, newest first",
  tag: "packs",
  needs: "packs:read",
  answers: [{ status: 200, description: "All of them", schema: PackList }],
  errors: ["PACK_NOT_FOUND", "UNAVAILABLE"],
  handle: async ({ deps, tenant, params }) => {
    const items = await deps.registry.versions(tenant, requirePackId(params.packId));
    if (items.length === 0) throw new AppError("PACK_NOT_FOUND");
    return jsonResponse(200, { items, next_cursor: null });
  },
});

const toErrorItem = ({ severity: _, ...item }: PackProblem): ErrorItem => item;

const publish = route({
  method: "POST",
  path: "/api/v1/packs",
  operation: "publishPack",
  summary: "Publishes a pack: a tenant's for itself, the operator's for everybody",
  tag: "packs",
  needs: "packs:publish",
  audience: "shared",
  body: PublishBody,
  answers: [
    { status: 201, description: "Published", schema: Published },
    { status: 200, description: "This very content was published before", schema: Published },
  ],
  errors: ["PACK_INVALID", "VERSION_EXISTS", "UNAVAILABLE"],
  handle: async ({ deps, scope, admitted, body }) => {
    const composed = await composePack(new Map(Object.entries(body.files)), body.pack, { strict: body.strict });
    if (!composed.ok) {
      const count = composed.error.filter(({ severity }) => severity === "error").length;
      throw new AppError(
        "PACK_INVALID",
        `The pack has ${count} ${count === 1 ? "error" : "errors"}; nothing was published.`,
        {
          errors: composed.error.filter(({ severity }) => severity === "error").map(toErrorItem),
        },
      );
    }
    const pack = composed.value;
    const { pack_id, version } = pack.config;
    const owner = admitted.tenant ?? SHARED_SHELF;
    const publishPack = () =>
      deps.registry.publish(owner, pack, { replaceable: deps.config.environment === "development" });
    const change = { action: "pack.published", resource: `pack:${pack_id}@${pack.digest}` } as const;
    // What the operator publishes for everybody is in no tenant's log.
    const outcome = await (admitted.tenant === null
      ? publishPack()
      : audited(scope, { tenant: admitted.tenant, ...change }, publishPack));
    if (outcome === "version_exists") {
      throw new AppError("VERSION_EXISTS", `${pack_id} ${version} is published with other content; raise the version.`);
    }
    const published = await deps.registry.resolve(owner, pack_id, version);
    if (published === null) throw new AppError("UNAVAILABLE", "The pack was published but cannot be read yet.");
    return jsonResponse(
      outcome === "published" ? 201 : 200,
      { ...published.record, warnings: pack.warnings.map(toErrorItem) },
      { location: `/api/v1/packs/${pack_id}` },
    );
  },
});

export const PACK_ROUTES: readonly Route[] = [list, get, versions, publish];
