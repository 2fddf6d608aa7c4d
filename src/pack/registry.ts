/** Published packs in the registry bucket. (Implementation in this file.) */
import type { AgentConfig, ComposedPack, PackRecord } from "./types.ts";

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
