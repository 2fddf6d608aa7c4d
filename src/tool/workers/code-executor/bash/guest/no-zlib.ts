/** Stands for `node:zlib` in the bundle: the shell names it, the commands that need it are not offered. */

const absent = (): never => {
  throw new Error("compression is not available");
};

export const constants = {};
export { absent as gunzipSync, absent as gzipSync };
