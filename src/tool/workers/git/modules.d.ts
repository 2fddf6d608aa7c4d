/** The part of pako 1 that is touched here; it brings no types. */
declare module "pako" {
  type Inflate = { readonly chunks: Uint8Array[] };
  const pako: { readonly Inflate: { readonly prototype: { onData: (this: Inflate, chunk: Uint8Array) => void } } };
  // biome-ignore lint/style/noDefaultExport: how the package exports it
  export default pako;
}
