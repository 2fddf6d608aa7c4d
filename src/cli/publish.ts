/** Publishing a pack: the one call that sends files. The local runner publishes through it too. */
import type { Client } from "./client.ts";
import { ownError } from "./exit.ts";
import type { PackOnDisk } from "./pack-files.ts";
import { type JsonObject, objectOf } from "./value.ts";

/** The server's record of the version. @throws CliError, with every problem of the pack in `extra.errors`. */
export async function publishPack(client: Client, pack: PackOnDisk): Promise<JsonObject> {
  const errors = pack.problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw ownError("PACK_INVALID", `The tools of ${pack.folder} cannot be bundled.`, { extra: { errors } });
  }
  return objectOf(
    await client.send({
      method: "POST",
      path: "/api/v1/packs",
      body: { pack: pack.folder, files: Object.fromEntries(pack.files) },
      // The same files give the same version and digest: publishing them again changes nothing.
      repeatable: true,
    }),
  );
}
