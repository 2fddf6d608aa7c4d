/**
 * The control of escape-isolates.ts: the same deeds in an isolate that is open, with the network of the tests, the modules
 * of Node, bindings, properties, files and a gateway. What comes to something there comes to nothing in a tool's isolate
 * because that is closed, and not because the deed is written wrong.
 */
import { env, RpcTarget } from "cloudflare:workers";
import { inject } from "vitest";
import type { Bindings } from "../../src/bindings.ts";
import { FILES } from "./call-tool.ts";
import { HOSTILE_CODE } from "./escape-isolates.ts";

/**
 * Deeds that no isolate can do that a Worker can make, with how they end in an open one: by what they reach for, and not
 * before it.
 */
export const WITHOUT_CONTROL: Readonly<Record<string, RegExp>> = {
  // Who would answer is beyond this machine, where the tests may not go: what comes back is the answer of who keeps them here.
  "a WebSocket": /received 599 instead/,
  "a name": /EBADRESP exfiltrated\.example\.com/,
  // The server of this machine speaks no TLS.
  "an encrypted socket": /cannot connect to the specified address/,
  // The runtime of this machine keeps one for the Worker alone.
  "a cache that others read": /No Cache was configured/,
  // No Worker can allow it to an isolate.
  "new code": /Code generation from strings disallowed/,
  "new code by a function's maker": /Code generation from strings disallowed/,
  "new compiled code": /Wasm code generation disallowed/,
  // The runtime has them in name only, or not at all.
  "a process": /child_process\.execSync method is not implemented/,
  "a library": /process\.dlopen method is not implemented/,
  "a thread": /Worker is not defined/,
  "a module by its address": /No such module ".*https:\/example\.com\/module\.js"/,
  "files by storage of the browser": /reading 'getDirectory'/,
  // Its file system is one in memory, and what is in /tmp lives as long as the request.
  "the machine's users": /no such file or directory.*'\/etc\/passwd'/,
  "the environment of the process": /no such file or directory.*'\/proc\/self\/environ'/,
  "what an earlier call left": /RangeError: nothing/,
  // Objects have one; what a tool runs in is none.
  "storage of an object": /reading 'get'/,
};

/** Around the code of the deeds. It makes the bindings itself that nobody can pass to an isolate. */
const OPEN_CODE = `
import { WorkerEntrypoint } from "cloudflare:workers";
import Hostile from "./index.js";
const LOADER = { get: (name, load) => load() };
const TASK = { getByName: (name) => ({ view: async () => null }) };
export class ToolRunner extends WorkerEntrypoint { run() { return null } }
export default class extends Hostile { constructor(ctx, env) { super(ctx, { ...env, LOADER, TASK }) } }`;

class Gateway extends RpcTarget {
  send(): object {
    return { status: 200 };
  }
}

const MODULES = { "of/a/open.js": OPEN_CODE, "of/a/index.js": HOSTILE_CODE, "index.js": "export default {}" };

/** How a deed ends there: as a tool's isolate would have answered. */
export async function doInTheOpen(deed: string): Promise<unknown> {
  const { LOADER, ASSETS } = env as unknown as Bindings; // the bindings of wrangler.toml
  const open = LOADER.get("escape/open", () => ({
    ...{ compatibilityDate: "2026-10-20", compatibilityFlags: ["nodejs_compat"] },
    ...{ mainModule: "of/a/open.js", modules: MODULES, env: { ASSETS, VARIABLE: "set" } },
  }));
  // A cast, because the code above is what runs there.
  const entrypoint = open.getEntrypoint(undefined, { props: { tenant: "tenant-123" } }) as unknown as {
    run(json: string, gateway: Gateway): Promise<string>;
  };
  const args = { deed, origin: inject("outside").origin };
  return JSON.parse(await entrypoint.run(JSON.stringify({ files: FILES, arguments: args }), new Gateway())).result;
}
