/** Publishing a composed pack: its parts, its record, and then which version of it is the newest. */
import { AppError, type Clock, canonicalJson, toRfc3339 } from "../platform/index.ts";
import { POINT_ATTEMPTS_MAX } from "./limits.ts";
import {
  blobKey,
  isShelf,
  listBelow,
  newestKey,
  packsPrefix,
  parseRecord,
  recordKey,
  toolKey,
  versionsIn,
} from "./shelf.ts";
import type { AgentConfig, ComposedPack, PackRecord } from "./types.ts";

/** `replaceable`: in development the newest digest of a version wins; in production another digest is refused. */
export type Publish = (
  owner: string,
  pack: ComposedPack,
  options: { readonly replaceable: boolean },
) => Promise<"published" | "unchanged" | "version_exists">;

/** @param forget what is remembered of shelves may hold no more. */
export function publisher(bucket: R2Bucket, clock: Clock, forget: () => void): Publish {
  return async (owner, { config, digest, bundles }, { replaceable }) => {
    if (!isShelf(owner)) throw new AppError("INTERNAL", "A pack was published to a shelf that cannot exist.");
    const key = recordKey(owner, config.pack_id, config.version);
    const known = await digestOf(bucket, key);
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
    const written =
      known !== digest &&
      (await bucket.put(key, JSON.stringify(toRecord(config, digest, clock)), {
        httpMetadata: { contentType: "application/json" },
        // Two publishers of one new version: the second must not replace what the first has just made.
        ...(replaceable ? {} : { onlyIf: { etagDoesNotMatch: "*" } }),
      })) !== null;
    const stands = written || known === digest ? digest : await digestOf(bucket, key);
    if (stands !== digest) return "version_exists";
    await pointToNewest(bucket, owner, config.pack_id);
    forget();
    return written ? "published" : "unchanged";
  };
}

/** Of a version that stands on its shelf; null when none does. */
async function digestOf(bucket: R2Bucket, key: string): Promise<string | null> {
  const object = await bucket.get(key);
  return object === null ? null : parseRecord(await object.text(), key).digest;
}

/** Behind each publication, also of what is there already: whoever did it before may have died before this. */
async function pointToNewest(bucket: R2Bucket, shelf: string, packId: string): Promise<void> {
  const key = newestKey(shelf, packId);
  for (let attempt = 0; attempt < POINT_ATTEMPTS_MAX; attempt++) {
    // In this order: whoever writes after this look has seen more, and then our condition does not hold.
    const before = await bucket.get(key);
    const [newest] = versionsIn(await listBelow(bucket, `${packsPrefix(shelf)}${packId}/`));
    const record = newest && (await bucket.get(recordKey(shelf, packId, newest.version)));
    if (!record) continue;
    const [text, known] = await Promise.all([record.text(), before?.text()]);
    if (text === known) return;
    const written = await bucket.put(key, text, {
      httpMetadata: { contentType: "application/json" },
      onlyIf: before === null ? { etagDoesNotMatch: "*" } : { etagMatches: before.etag },
    });
    if (written !== null) return;
  }
  throw new AppError("UNAVAILABLE", `Too many versions of ${packId} are being published at once.`);
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
