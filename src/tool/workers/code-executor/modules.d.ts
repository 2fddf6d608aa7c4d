/** Modules that scripts/build-assets.ts makes and the Worker Loader hands to the isolate beside its code. */

declare module "*/guest.txt" {
  const source: string;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default source;
}

declare module "*/bundle.txt" {
  const source: string;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default source;
}

declare module "*/strip.txt" {
  const source: string;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default source;
}

declare module "*/quickjs.wasm" {
  const module: WebAssembly.Module;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default module;
}

declare module "*/shell.image" {
  const image: ArrayBuffer;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default image;
}

declare module "*/python.image" {
  const file: ArrayBuffer;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default file;
}

declare module "*/python-library.zip" {
  const file: ArrayBuffer;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default file;
}

declare module "*/python.wasm" {
  const file: WebAssembly.Module;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default file;
}

declare module "*/python-trampoline.wasm" {
  const file: WebAssembly.Module;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default file;
}
