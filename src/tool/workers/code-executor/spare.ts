/**
 * An instance takes most of a small call's time to make, and its memory most of what the isolate has to clean up. So one of
 * each image waits for the next call, rewound to the bytes that a new one would have. Calls of an isolate are of one tenant,
 * one code and one policy.
 */
import type { Image } from "../image.ts";
import { SPARE_BYTES_MAX } from "../limits.ts";
import { type Instance, instantiate } from "./binding.ts";

const spares = new WeakMap<Image, Instance>();

/** The one that waits, or a new one: calls that run beside each other share nothing. */
export async function takeInstance(of: {
  readonly wasm: WebAssembly.Module;
  readonly image: Image;
  readonly memoryBytes: number;
}): Promise<Instance> {
  const spare = spares.get(of.image);
  spares.delete(of.image);
  return spare?.memoryBytes === of.memoryBytes ? spare : await instantiate(of.wasm, of);
}

/** For a call that came to its end. */
export function keepSpare(image: Image, instance: Instance): void {
  if (image.memoryBytes <= SPARE_BYTES_MAX && instance.rewind(image)) spares.set(image, instance);
}
