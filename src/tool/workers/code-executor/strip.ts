/**
 * TypeScript and static imports -> a plain script. Runs inside an engine of its own, because a parser is as easily
 * sent into exponential work by hostile text as any program.
 */
import { type Transform, transform } from "sucrase";
import { STRIP_GLOBAL } from "./protocol.ts";

function strip(code: string, transforms: string): string {
  const wanted = (["typescript", "imports"] as const satisfies readonly Transform[]).filter((name) =>
    transforms.split(",").includes(name),
  );
  const result = transform(code, { transforms: wanted, disableESTransforms: true, preserveDynamicImport: true });
  // A directive is a statement with a value: without this a program of imports alone would have the value "use strict".
  return result.code.replace(/^"use strict";/, '"use strict";void 0;');
}

Reflect.set(globalThis, STRIP_GLOBAL, strip);
