/**
 * Published packs, as runs and lists read them from the registry bucket (what stands there: shelf.ts). A blob never changes
 * and is kept as long as it is used; what a shelf holds is believed for a second, which version is the newest for some more, and a
 * record for as long as its shelf lists the same one.
 */
import { AppError, type Clock, parsePackId, parseTenantId, sha256Hex } from "../platform/index.ts";
import { type BlobCache, createBlobCache, createPointerCache } from "./cache.ts";
import { NEWEST_CACHE_MS, POINTER_CACHE_MS, READS_AT_ONCE } from "./limits.ts";
import { type Publish, publisher } from "./publish.ts";
import {
  blobKey,
  DIGEST,
  isShelf,
  type Listed,
  listBelow,
  newestFirst,
  newestKey,
  packsPrefix,
  parseRecord,
  recordKey,
  SHARED_SHELF,
  type Shelved,
  toolKey,
  toShelved,
  VERSION,
  versionsIn,
} from "./shelf.ts";
import { didYouMean } from "./suggest.ts";
import type { AgentConfig, PackRecord } from "./types.ts";

export type Resolved = { readonly record: PackRecord; readonly owner: string };

export interface PackRegistry {
  /**
   * The version a new task runs: the named one, or the newest (semantic version order). The tenant's own shelf is
   * looked at first, then the shared one. Null when there is none.
   */
  resolve(tenant: string, packId: string, version: string | null): Promise<Resolved | null>;
  /** Why `resolve` found nothing, for whoever asked. It lists shelves, so it is for refusals alone. Never rejects. */
  explainAbsence(tenant: string, packId: string, version: string | null): Promise<string>;
  /** The composed pack by digest; checked against the digest; cached for the isolate's life. Null when it is gone. */
  load(owner: string, digest: string): Promise<AgentConfig | null>;
  /** The newest version of each pack the tenant can run, by pack id. */
  list(tenant: string): Promise<readonly PackRecord[]>;
  /** Every version the tenant can run, newest first. */
  versions(tenant: string, packId: string): Promise<readonly PackRecord[]>;
  readonly publish: Publish;
}

export type RegistryOptions = {
  readonly bucket: R2Bucket;
  readonly clock: Clock;
  /** Shared by several registries of one isolate; one of its own when absent. */
  readonly blobCache?: BlobCache;
};

/** The code of a pack's own tool, checked against its digest; null when it is gone. */
export async function loadToolCode(bucket: R2Bucket, owner: string, digest: string): Promise<string | null> {
  if (!isShelf(owner) || !DIGEST.test(digest)) return null;
  const object = await bucket.get(toolKey(owner, digest));
  if (object === null) return null;
  const code = await object.text();
  if ((await sha256Hex(code)) !== digest) throw new AppError("INTERNAL", "A stored tool does not match its digest.");
  return code;
}

/** What stands on shelves, remembered for seconds. */
function createShelves(bucket: R2Bucket, clock: Clock) {
  const records = createPointerCache<{ readonly record: PackRecord; readonly etag: string } | null>(clock);
  const listings = createPointerCache<readonly Listed[]>(clock);
  const newests = createPointerCache<PackRecord | null>(clock);

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

  /** @param believedMs how old what is remembered may be. */
  const newest = (shelf: string, packId: string, believedMs: number): Promise<PackRecord | null> => {
    const key = newestKey(shelf, packId);
    const read = async () => {
      const object = await bucket.get(key);
      return object === null ? null : parseRecord(await object.text(), key);
    };
    return newests.get(key, read, (_, ageMs) => ageMs < believedMs);
  };

  const below = (prefix: string): Promise<readonly Listed[]> => listings.get(prefix, () => listBelow(bucket, prefix));

  const versionsOf = async (shelf: string, packId: string): Promise<readonly Shelved[]> =>
    versionsIn(await below(`${packsPrefix(shelf)}${packId}/`));

  /** The newest version of each pack, by pack id. */
  const packs = async (shelf: string): Promise<ReadonlyMap<string, Shelved>> => {
    const found = new Map<string, Shelved>();
    for (const { name, etag } of await below(packsPrefix(shelf))) {
      const [packId = "", file = ""] = name.split("/");
      const known = found.get(packId);
      for (const one of toShelved({ name: file, etag })) {
        if (known === undefined || newestFirst(one, known) < 0) found.set(packId, one);
      }
    }
    return found;
  };

  const clear = (): void => {
    records.clear();
    listings.clear();
    newests.clear();
  };
  return { record, newest, packs, versionsOf, clear };
}

/** Create one per isolate: its caches live as long as it does. */
export function createPackRegistry({ bucket, clock, blobCache = createBlobCache() }: RegistryOptions): PackRegistry {
  const shelves = createShelves(bucket, clock);

  async function resolve(tenant: string, packId: string, version: string | null): Promise<Resolved | null> {
    if (parsePackId(packId) === undefined || (version !== null && !VERSION.test(version))) return null;
    const lookUp = async (believedMs: number): Promise<Resolved | null> => {
      // All at once: a run waits for the slowest shelf, not for one after the other.
      const found = await Promise.all(
        shelvesOf(tenant).map(async (owner) => {
          const record = await (version === null
            ? shelves.newest(owner, packId, believedMs)
            : shelves.record(owner, packId, { version, etag: null }));
          return record === null ? null : { record, owner };
        }),
      );
      return found.find((one) => one !== null) ?? null;
    };
    // Who was told that there is none publishes it, and tries again.
    return (await lookUp(NEWEST_CACHE_MS)) ?? lookUp(POINTER_CACHE_MS);
  }

  async function explainAbsence(tenant: string, packId: string, version: string | null): Promise<string> {
    const missing = `There is no pack ${version === null ? packId : `${packId} ${version}`}.`;
    try {
      const packs = (await Promise.all(shelvesOf(tenant).map(shelves.packs))).flatMap((onShelf) => [...onShelf]);
      const [newest] = packs.flatMap(([id, shelved]) => (id === packId ? [shelved] : [])).sort(newestFirst);
      if (newest !== undefined) return `${missing} The newest version is ${newest.version}.`;
      return missing + didYouMean(packId, [...new Set(packs.map(([id]) => id))]);
    } catch {
      return missing; // what there is instead is a help, and no answer to what was asked
    }
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
      for (const [packId, shelved] of await shelves.packs(owner)) newest.set(packId, { owner, shelved });
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

  return { resolve, explainAbsence, load, list, versions, publish: publisher(bucket, clock, shelves.clear) };
}

/** The tenant's own shelf, then the shared one. A name that is no tenant has no shelf of its own. */
const shelvesOf = (tenant: string): readonly string[] =>
  parseTenantId(tenant) === undefined ? [SHARED_SHELF] : [tenant, SHARED_SHELF];

/** Several reads at once, but never more than the connections allow; what is gone in the meantime is left out. */
async function readAll(reads: readonly (() => Promise<PackRecord | null>)[]): Promise<readonly PackRecord[]> {
  const found: PackRecord[] = [];
  for (let start = 0; start < reads.length; start += READS_AT_ONCE) {
    const batch = await Promise.all(reads.slice(start, start + READS_AT_ONCE).map((read) => read()));
    found.push(...batch.filter((record) => record !== null));
  }
  return found;
}
