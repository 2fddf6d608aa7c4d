/** The text of a file, as Vite gives it. */
declare module "*.jsonl?raw" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite exports it
  export default text;
}
