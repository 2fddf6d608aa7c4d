/**
 * Published packs in the registry bucket. Three kinds of objects, each under the shelf that owns it:
 *   <shelf>/packs/<pack_id>/<version>.json   a record: which digest this version is, and what a list needs to know
 *   <shelf>/blobs/<digest>.json              the composed pack, canonical JSON under its own SHA-256
 *   <shelf>/tools/<digest>.js                the code of a pack's own tool, under its own SHA-256
 * A blob never changes and is kept as long as it is used; what a shelf holds is believed for a second, and a record for
 * as long as its shelf lists the same one.
 */
import {
  AppError,
  type Clock,
  canonicalJson,
  parsePackId,
  parseTenantId,
  sha256Hex,
  toRfc3339,
} from "../platform/index.ts";
import { type BlobCache, createBlobCache, createPointerCache } from "./cache.ts";
import { LIST_PAGE_SIZE, LIST_PAGES_MAX, READS_AT_ONCE } from "./limits.ts";
import type { AgentConfig, ComposedPack, PackRecord } from "./types.ts";
import { compareVersions } from "./version.ts";

/** A shelf of the bucket: a tenant's id, or the shared shelf that every tenant can read. No tenant id starts with `_`. */
export const SHARED_SHELF = "_shared";

export type Resolved = { readonly record: PackRecord; readonly owner: string };

export interface PackRegistry {
  /**
   * The version a new task runs: the named one, or the newest (semantic version order). The tenant's own shelf is
   * looked at first, then the shared one. Null when there is none.
   */
  resolve(tenant: string, packId: string, version: string | null): Promise<Resolved | null>;
  /** The composed pack by digest; checked against the digest; cached for the isolate's life. Null when it is gone. */
  load(owner: string, digest: string): Promise<AgentConfig | null>;
  /** The newest version of each pack the tenant can run, by pack id. */
  list(tenant: string): Promise<readonly PackRecord[]>;
  /** Every version the tenant can run, newest first. */
  versions(tenant: string, packId: string): Promise<readonly PackRecord[]>;
  /** `replaceable`: in development the newest digest of a version wins; in production another digest is refused. */
  publish(
    owner: string,
    pack: ComposedPack,
    options: { readonly replaceable: boolean },
  ): Promise<"published" | "unchanged" | "version_exists">;
}

export type RegistryOptions = {
  readonly bucket: R2Bucket;
  readonly clock: Clock;
  /** Shared by several registries of one isolate; one of its own when absent. */
  readonly blobCache?: BlobCache;
};

const VERSION = /^\d+\.\d+\.\d+$/;
const DIGEST = /^[0-9a-f]{64}$/;

const isShelf = (shelf: string): boolean => shelf === SHARED_SHELF || parseTenantId(shelf) !== undefined;
const packsPrefix = (shelf: string): string => `${shelf}/packs/`;
const recordKey = (shelf: string, packId: string, version: string): string =>
  `${shelf}/packs/${packId}/${version}.json`;
const blobKey = (shelf: string, digest: string): string => `${shelf}/blobs/${digest}.json`;
const toolKey = (shelf: string, digest: string): string => `${shelf}/tools/${digest}.js`;

/** The code of a pack's own tool, checked against its digest; null when it is gone. */
export async function loadToolCode(bucket: R2Bucket, owner: string, digest: string): Promise<string | null> {
  if (!isShelf(owner) || !DIGEST.test(digest)) return null;
  const object = await bucket.get(toolKey(owner, digest));
  if (object === null) return null;
  const code = await object.text();
  if ((await sha256Hex(code)) !== digest) throw new AppError("INTERNAL", "A stored tool does not match its digest.");
  return code;
}

/** An object below a prefix: the rest of its key, and what tells its content. */
type Listed = { readonly name: string; readonly etag: string };
/** A version on a shelf; `etag` is null where nobody has looked. */
type Shelved = { readonly version: string; readonly etag: string | null };

/** What stands on shelves, remembered for a second. */
function createShelves(bucket: R2Bucket, clock: Clock) {
  const records = createPointerCache<{ readonly record: PackRecord; readonly etag: string } | null>(clock);
  const listings = createPointerCache<readonly Listed[]>(clock);

  /** The record of a version as its shelf lists it is read once; that of one that was named, once a second. */
  const record = async (shelf: string, packId: string, { version, etag }: Shelved): Promise<PackRecord | null> => {
    const key = recordKey(shelf, packId, version);
    const read = async () => {
      const object = await bucket.get(key);
      return object === null ? null : { record: parseRecord(await object.text(), key), etag: object.etag };
    };
    const filed = await (etag === null
      ? records.get(key, read)
      : records.get(key, read, (known) => known?.etag === etag));
    return filed?.record ?? null;
  };

  const below = (prefix: string): Promise<readonly Listed[]> =>
    listings.get(prefix, async () => {
      const found: Listed[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < LIST_PAGES_MAX; page++) {
        const listed = await bucket.list({
          prefix,
          limit: LIST_PAGE_SIZE,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const { key, etag } of listed.objects) found.push({ name: key.slice(prefix.length), etag });
        if (!listed.truncated) return found;
        cursor = listed.cursor;
      }
      // A list that silently ends early would hide packs that can be run.
      throw new AppError("UNAVAILABLE", `A shelf holds more than ${LIST_PAGES_MAX * LIST_PAGE_SIZE} versions.`);
    });

  /** Newest first. */
  const versionsOf = async (shelf: string, packId: string): Promise<readonly Shelved[]> =>
    (await below(`${packsPrefix(shelf)}${packId}/`)).flatMap(toShelved).sort(newestFirst);

  const clear = (): void => {
    records.clear();
    listings.clear();
  };
  return { record, below, versionsOf, clear };
}

/** Create one per isolate: its caches live as long as it does. */
export function createPackRegistry({ bucket, clock, blobCache = createBlobCache() }: RegistryOptions): PackRegistry {
  const shelves = createShelves(bucket, clock);

  async function resolve(tenant: string, packId: string, version: string | null): Promise<Resolved | null> {
    if (parsePackId(packId) === undefined || (version !== null && !VERSION.test(version))) return null;
    // All at once: a run waits for the slowest shelf, not for one after the other.
    const found = await Promise.all(
      shelvesOf(tenant).map(async (owner) => {
        const wanted = version === null ? (await shelves.versionsOf(owner, packId))[0] : { version, etag: null };
        const record = wanted === undefined ? null : await shelves.record(owner, packId, wanted);
        return record === null ? null : { record, owner };
      }),
    );
    return found.find((one) => one !== null) ?? null;
  }

  async function load(owner: string, digest: string): Promise<AgentConfig | null> {
    if (!isShelf(owner) || !DIGEST.test(digest)) return null;
    const key = blobKey(owner, digest);
    const cached = blobCache.get(key);
    if (cached !== undefined) return cached;
    const object = await bucket.get(key);
    if (object === null) return null;
    const text = await object.text();
    if ((await sha256Hex(text)) !== digest) throw new AppError("INTERNAL", "A stored pack does not match its digest.");
    // The digest is that of a pack this code composed: the text is an AgentConfig, byte for byte.
    const config = JSON.parse(text) as AgentConfig;
    blobCache.set(key, config, text.length);
    return config;
  }

  async function list(tenant: string): Promise<readonly PackRecord[]> {
    const newest = new Map<string, { readonly owner: string; readonly shelved: Shelved }>();
    // The tenant's own shelf comes last, so that its packs stand before shared ones of the same id.
    for (const owner of [...shelvesOf(tenant)].reverse()) {
      const onShelf = new Map<string, Shelved[]>();
      for (const { name, etag } of await shelves.below(packsPrefix(owner))) {
        const [packId = "", file = ""] = name.split("/");
        onShelf.set(packId, [...(onShelf.get(packId) ?? []), ...toShelved({ name: file, etag })]);
      }
      for (const [packId, versions] of onShelf) {
        const shelved = versions.sort(newestFirst)[0];
        if (shelved !== undefined) newest.set(packId, { owner, shelved });
      }
    }
    const wanted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1));
    return readAll(
      wanted.map(
        ([packId, { owner, shelved }]) =>
          () =>
            shelves.record(owner, packId, shelved),
      ),
    );
  }

  async function versions(tenant: string, packId: string): Promise<readonly PackRecord[]> {
    if (parsePackId(packId) === undefined) return [];
    const found = new Map<string, { readonly owner: string; readonly shelved: Shelved }>();
    for (const owner of shelvesOf(tenant)) {
      for (const shelved of await shelves.versionsOf(owner, packId))
        if (!found.has(shelved.version)) found.set(shelved.version, { owner, shelved });
    }
    const wanted = [...found.values()].sort((a, b) => newestFirst(a.shelved, b.shelved));
    return readAll(
      wanted.map(
        ({ owner, shelved }) =>
          () =>
            shelves.record(owner, packId, shelved),
      ),
    );
  }

  return { resolve, load, list, versions, publish: publisher(bucket, clock, shelves.clear) };
}

/** The tenant's own shelf, then the shared one. A name that is no tenant has no shelf of its own. */
const shelvesOf = (tenant: string): readonly string[] =>
  parseTenantId(tenant) === undefined ? [SHARED_SHELF] : [tenant, SHARED_SHELF];

const newestFirst = (a: Shelved, b: Shelved): number => compareVersions(b.version, a.version);

/** `1.0.0.json` is version 1.0.0; nothing for what is no version. */
function toShelved({ name, etag }: Listed): Shelved[] {
  const version = name.endsWith(".json") ? name.slice(0, -".json".length) : "";
  return VERSION.test(version) ? [{ version, etag }] : [];
}

/** Several reads at once, but never more than the connections allow; what is gone in the meantime is left out. */
async function readAll(reads: readonly (() => Promise<PackRecord | null>)[]): Promise<readonly PackRecord[]> {
  const found: PackRecord[] = [];
  for (let start = 0; start < reads.length; start += READS_AT_ONCE) {
    const batch = await Promise.all(reads.slice(start, start + READS_AT_ONCE).map((read) => read()));
    found.push(...batch.filter((record) => record !== null));
  }
  return found;
}

function parseRecord(text: string, key: string): PackRecord {
  const record: unknown = JSON.parse(text);
  const isRecord =
    typeof record === "object" && record !== null && "digest" in record && DIGEST.test(String(record.digest));
  if (!isRecord) throw new AppError("INTERNAL", `The registry's record ${key} is malformed.`);
  // Written by `publish` alone, from a PackRecord; the digest is what everything else depends on.
  return record as unknown as PackRecord;
}

function publisher(bucket: R2Bucket, clock: Clock, forget: () => void): PackRegistry["publish"] {
  return async (owner, { config, digest, bundles }, { replaceable }) => {
    if (!isShelf(owner)) throw new AppError("INTERNAL", "A pack was published to a shelf that cannot exist.");
    const key = recordKey(owner, config.pack_id, config.version);
    const before = await bucket.get(key);
    const known = before === null ? null : parseRecord(await before.text(), key).digest;
    if (known !== null && known !== digest && !replaceable) return "version_exists";

    // From the inside out: nothing must ever name what is not there.
    for (const [toolDigest, code] of bundles) {
      const tool = toolKey(owner, toolDigest);
      if ((await bucket.head(tool)) === null) {
        await bucket.put(tool, code, { httpMetadata: { contentType: "text/javascript" } });
      }
    }
    const blob = blobKey(owner, digest);
    if (known !== digest || (await bucket.head(blob)) === null) {
      await bucket.put(blob, canonicalJson(config), { httpMetadata: { contentType: "application/json" } });
    }
    if (known === digest) return "unchanged";
    const written = await bucket.put(key, JSON.stringify(toRecord(config, digest, clock)), {
      httpMetadata: { contentType: "application/json" },
      // Two publishers of one new version: the second must not replace what the first has just made.
      ...(replaceable ? {} : { onlyIf: { etagDoesNotMatch: "*" } }),
    });
    forget();
    if (written !== null) return "published";
    const winner = await bucket.get(key);
    return winner !== null && parseRecord(await winner.text(), key).digest === digest ? "unchanged" : "version_exists";
  };
}

const toRecord = (config: AgentConfig, digest: string, clock: Clock): PackRecord => ({
  pack_id: config.pack_id,
  version: config.version,
  digest,
  title: config.role.title,
  risk_level: config.risk_level,
  tier: config.model.tier ?? null,
  input_max_length: config.guardrails.input.max_length,
  published_at: toRfc3339(clock.now()),
});
