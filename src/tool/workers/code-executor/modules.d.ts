/** Modules that scripts/build-assets.ts makes and the Worker Loader hands to the isolate beside its code. */

declare module "*/bundle.txt" {
  const source: string;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default source;
}

declare module "*/quickjs.wasm" {
  const module: WebAssembly.Module;
  // biome-ignore lint/style/noDefaultExport: how the loader exports it
  export default module;
}

declare module "*.image" {
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
