/**
 * A shelf of the registry bucket: where its objects stand, and what is read off it without remembering anything. Four kinds of
 * objects, each under the shelf that owns it:
 *   <shelf>/packs/<pack_id>/<version>.json   a record: which digest this version is, and what a list needs to know
 *   <shelf>/newest/<pack_id>.json            the record of the newest version: read at each run, where a list costs twelve times as much
 *   <shelf>/blobs/<digest>.json              the composed pack, canonical JSON under its own SHA-256
 *   <shelf>/tools/<digest>.js                the code of a pack's own tool, under its own SHA-256
 */
import { AppError, parseTenantId } from "../platform/index.ts";
import { LIST_PAGE_SIZE, LIST_PAGES_MAX } from "./limits.ts";
import type { PackRecord } from "./types.ts";
import { compareVersions } from "./version.ts";

/** A shelf of the bucket: a tenant's id, or the shared shelf that every tenant can read. No tenant id starts with `_`. */
export const SHARED_SHELF = "_shared";

export const VERSION = /^\d+\.\d+\.\d+$/;
export const DIGEST = /^[0-9a-f]{64}$/;

export const isShelf = (shelf: string): boolean => shelf === SHARED_SHELF || parseTenantId(shelf) !== undefined;
export const packsPrefix = (shelf: string): string => `${shelf}/packs/`;
export const recordKey = (shelf: string, packId: string, version: string): string =>
  `${shelf}/packs/${packId}/${version}.json`;
export const newestKey = (shelf: string, packId: string): string => `${shelf}/newest/${packId}.json`;
export const blobKey = (shelf: string, digest: string): string => `${shelf}/blobs/${digest}.json`;
export const toolKey = (shelf: string, digest: string): string => `${shelf}/tools/${digest}.js`;

/** An object below a prefix: the rest of its key, and what tells its content. */
export type Listed = { readonly name: string; readonly etag: string };
/** A version on a shelf; `etag` is null where nobody has looked. */
export type Shelved = { readonly version: string; readonly etag: string | null };

export async function listBelow(bucket: R2Bucket, prefix: string): Promise<readonly Listed[]> {
  const found: Listed[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < LIST_PAGES_MAX; page++) {
    const listed = await bucket.list({ prefix, limit: LIST_PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key, etag } of listed.objects) found.push({ name: key.slice(prefix.length), etag });
    if (!listed.truncated) return found;
    cursor = listed.cursor;
  }
  // A list that silently ends early would hide packs that can be run.
  throw new AppError("UNAVAILABLE", `A shelf holds more than ${LIST_PAGES_MAX * LIST_PAGE_SIZE} versions.`);
}

/** Newest first. */
export const versionsIn = (listed: readonly Listed[]): readonly Shelved[] =>
  listed.flatMap(toShelved).sort(newestFirst);

export const newestFirst = (a: Shelved, b: Shelved): number => compareVersions(b.version, a.version);

/** `1.0.0.json` is version 1.0.0; nothing for what is no version. */
export function toShelved({ name, etag }: Listed): Shelved[] {
  const version = name.endsWith(".json") ? name.slice(0, -".json".length) : "";
  return VERSION.test(version) ? [{ version, etag }] : [];
}

export function parseRecord(text: string, key: string): PackRecord {
  const record: unknown = JSON.parse(text);
  const isRecord =
    typeof record === "object" && record !== null && "digest" in record && DIGEST.test(String(record.digest));
  if (!isRecord) throw new AppError("INTERNAL", `The registry's record ${key} is malformed.`);
  // Written by `publish` alone, from a PackRecord; the digest is what everything else depends on.
  return record as unknown as PackRecord;
}
