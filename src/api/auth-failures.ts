/**
 * How many credentials of one client were refused, counted in the isolate: what asks the objects of keys must not be
 * free for whoever has no key. It is no lock on a key, which its owner could be shut out with: a client that is known
 * here goes on.
 */
import type { Clock } from "../platform/index.ts";
import { takePlace, type Window, type WindowAnswer } from "./limiter-window.ts";
import { AUTH_CLIENTS_MAX, AUTH_FAILURES_MAX, AUTH_FAILURES_WINDOW_MS } from "./limits.ts";
import type { RateVerdict } from "./rate-limiter.ts";

const POLICY = { name: "auth", limit: AUTH_FAILURES_MAX, windowMs: AUTH_FAILURES_WINDOW_MS };

export type FailureCount = {
  /** Null while the client may still fail. */
  spent(client: string): RateVerdict | null;
  add(client: string): void;
};

export function createFailureCount(clock: Clock): FailureCount {
  const windows = new Map<string, Window>();
  const next = (client: string): { readonly window: Window; readonly answer: WindowAnswer } =>
    takePlace(windows.get(client) ?? null, clock.now(), POLICY);
  return {
    spent: (client) => {
      // A client that never failed costs nothing; one that may fail once more is not there yet.
      if (!windows.has(client)) return null;
      const { answer } = next(client);
      return answer.isAllowed ? null : { ...answer, policy: POLICY };
    },
    add: (client) => {
      const { window } = next(client);
      // A Map keeps the order of insertion: the first client is the one that failed longest ago.
      windows.delete(client);
      const [oldest] = windows.keys();
      if (oldest !== undefined && windows.size >= AUTH_CLIENTS_MAX) windows.delete(oldest);
      windows.set(client, window);
    },
  };
}

/** An address as it is counted: of IPv6 the first 64 bits, for whoever has one address there has them all. */
export function toNetwork(address: string): string {
  // Also the mapped form, ::ffff:192.0.2.1: its first bits are everybody's.
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  const whole = tail === undefined ? groups : [...groups, ...zeros, ...rest];
  return `${whole.slice(0, 4).join(":")}::/64`;
}
