/** What a tenant's secret is: its name, and where and how it may be sent. Its value is in none of these, but in what is written. */
import { checkEgressUrl, err, ok, type Result, type TenantId, toBase64, utf8, utf8Length } from "../platform/index.ts";
import { isSendable, type OpenedSecret } from "../tool/index.ts";
import { SECRET_CHARS_MIN, SECRET_VALUE_BYTES_MAX } from "./limits.ts";

/** bearer: `Bearer <value>`. basic: `Basic <base64 of value>`, the value being `user:password`. raw: the value alone. */
export const SECRET_SCHEMES = ["bearer", "basic", "raw"] as const;
export type SecretScheme = (typeof SECRET_SCHEMES)[number];

/** The owner of a secret says where it goes; a pack can only ask for it by name. */
export type SecretPlace = {
  /** Exact, as `URL.hostname` gives it. */
  readonly host: string;
  /** In lower case. */
  readonly header: string;
  readonly scheme: SecretScheme;
};

/** Times are epoch milliseconds. */
export type SecretFacts = SecretPlace & {
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type NewSecret = SecretPlace & { readonly name: string; readonly value: string };

/** A part of a new secret that cannot be: a member of the body, and what is wrong with it. */
export type SecretFault = { readonly pointer: string; readonly message: string };

export type SecretWritten =
  | { readonly kind: "written"; readonly isNew: boolean; readonly facts: SecretFacts }
  | { readonly kind: "invalid"; readonly fault: SecretFault }
  | { readonly kind: "limit" }
  /** There is no key to seal it under. */
  | { readonly kind: "closed" };

/** A tenant's secrets: an object named by the tenant. Values go in by `put` and come out by `open` alone, to the gateway. */
export interface SecretStub {
  put(tenant: TenantId, secret: NewSecret): Promise<SecretWritten>;
  /** By name. */
  list(tenant: TenantId): Promise<readonly SecretFacts[]>;
  /** False: there is none of this name. */
  remove(tenant: TenantId, name: string): Promise<boolean>;
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** 1 to 64 of letters, digits, `_` and `-`, beginning with a letter. */
export const isSecretName = (text: string): boolean => NAME.test(text);

const HEADER = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** What a header may hold without being changed on its way. */
const VISIBLE = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** @param localOrigins exact origins an operator opened in development: a secret may be meant for one of their hosts. */
export function checkSecret(secret: NewSecret, localOrigins: readonly string[]): Result<NewSecret, SecretFault> {
  const fault = (pointer: string, message: string) => err({ pointer, message });
  const { value, host, header, scheme } = secret;
  if (value.length < SECRET_CHARS_MIN) return fault("/value", `must have at least ${SECRET_CHARS_MIN} characters`);
  if (utf8Length(value) > SECRET_VALUE_BYTES_MAX) return fault("/value", `has at most ${SECRET_VALUE_BYTES_MAX} bytes`);
  if (scheme === "basic" && !value.includes(":")) return fault("/value", "must be user:password for the scheme basic");
  if (scheme !== "basic" && !VISIBLE.test(value)) return fault("/value", "must be visible ASCII for a header");
  const url = checkEgressUrl(`https://${host}/`, { hosts: "any", localOrigins: [] });
  const isLocal = localOrigins.some((origin) => URL.parse(origin)?.hostname === host);
  if (!isLocal && !(url.ok && url.value.hostname === host)) {
    return fault("/host", url.ok ? `write it as ${url.value.hostname}` : url.error.message);
  }
  if (!HEADER.test(header) || !isSendable(header)) return fault("/header", `${header} cannot be sent by a tool`);
  return ok(secret);
}

export function toOpened({ name, value, host, header, scheme }: NewSecret): OpenedSecret {
  const headerValue = { bearer: `Bearer ${value}`, basic: `Basic ${toBase64(utf8(value))}`, raw: value }[scheme];
  return { name, value, host, header, headerValue };
}
