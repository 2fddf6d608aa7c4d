/** Reading what a server sent: any field may be absent or of another type, and then it is null. */
import { readText } from "../../platform/index.ts";
import { ERROR_CHARS_MAX } from "../limits.ts";

/** What an error answer says, as far as it is read. Empty when it breaks off: its status counts all the same. */
export const readErrorText = async ({ body }: Response): Promise<string> =>
  body === null ? "" : readText(body, ERROR_CHARS_MAX).catch(() => "");

export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

export function textField(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === "string" ? found : null;
}

/** A whole number from 0, as a server counts tokens. */
export function countField(value: unknown, name: string): number | null {
  const found = field(value, name);
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0 ? found : null;
}

export function listField(value: unknown, name: string): readonly unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}
