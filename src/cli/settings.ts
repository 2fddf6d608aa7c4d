/** Where the server is and who is asking: a flag wins over the environment, the environment over the default. */
import { parseTenantId } from "../platform/index.ts";
import { ownError } from "./exit.ts";

export type Settings = {
  /** Without a trailing slash. */
  readonly url: string;
  readonly apiKey: string | null;
  /** Null: the credential decides. */
  readonly tenant: string | null;
};

type Environment = { readonly [name: string]: string | undefined };
type Flags = { readonly url?: string; readonly tenant?: string };

const DEFAULT_URL = "http://127.0.0.1:8787";

/** Tenant of a server in development mode when nobody named one. A server that wants a credential has no use for it. */
const DEVELOPMENT_TENANT = "local";

/** @throws CliError `USAGE` when a value cannot be used. */
export function readSettings(environment: Environment, flags: Flags = {}): Settings {
  const given = (flags.url ?? environment.VASINI_URL)?.trim() || DEFAULT_URL;
  const url = URL.parse(given);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw ownError("USAGE", `"${given}" is no http or https URL.`, { hint: "Set VASINI_URL, or pass --url." });
  }
  const apiKey = environment.VASINI_API_KEY?.trim() || null;
  if (apiKey !== null && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw ownError("USAGE", "VASINI_API_KEY holds characters that no key has.", { hint: "Copy the key again." });
  }
  const named = (flags.tenant ?? environment.VASINI_TENANT)?.trim() || null;
  if (named !== null && parseTenantId(named) === undefined) {
    throw ownError("USAGE", `"${named}" is no tenant id: 1 to 36 letters, digits, ".", "_" or "-".`, {
      hint: "Set VASINI_TENANT, or pass --tenant.",
    });
  }
  return {
    url: given.replace(/\/+$/, ""),
    apiKey,
    tenant: named ?? (apiKey === null ? DEVELOPMENT_TENANT : null),
  };
}
