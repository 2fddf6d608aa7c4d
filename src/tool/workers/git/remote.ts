/** Git's requests, through the call's gateway. Credentials are added there, and nowhere else. */
import type { GitHttpRequest, GitHttpResponse, HttpClient } from "isomorphic-git";
import { type Gateway, joinBytes } from "../../contract.ts";
import { CallError } from "../call-error.ts";
import { send } from "../send.ts";
import type { Pace } from "./pace.ts";

export function createHttp(gateway: Gateway | null, pace: Pace): HttpClient {
  return {
    request: async ({ url, method = "GET", headers = {}, body }: GitHttpRequest): Promise<GitHttpResponse> => {
      await pace.step();
      try {
        const content = body === undefined ? null : await join(body);
        const received = await send(gateway, {
          ...{ method, url, headers: Object.entries(headers) },
          body: method === "GET" ? null : content,
        });
        return {
          url: received.url,
          method,
          headers: Object.fromEntries(received.headers),
          body: once(received.body),
          statusCode: received.status,
          statusMessage: String(received.status),
        };
      } catch (thrown) {
        throw thrown instanceof CallError ? pace.fail(thrown) : thrown;
      }
    },
  };
}

async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  yield bytes;
}

async function join(pieces: AsyncIterableIterator<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return joinBytes(all);
}
