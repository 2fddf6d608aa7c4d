/** What the Worker's bundler hands over for a module that is no script. */
declare module "*/policy.wasm" {
  const module: WebAssembly.Module;
  // biome-ignore lint/style/noDefaultExport: how the bundler exports it
  export default module;
}
