/** Error numbers as the interpreter's C library knows them. @see https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno */
export const ERRNO = {
  EACCES: 2,
  EBADF: 8,
  EEXIST: 20,
  EFBIG: 22,
  EINVAL: 28,
  EISDIR: 31,
  EMFILE: 33,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTTY: 59,
  EPERM: 63,
  ERANGE: 68,
  ESPIPE: 70,
} as const;

/** Thrown inside the file system, answered as a number to the interpreter. Never leaves this folder. */
export class SystemError extends Error {
  readonly code: keyof typeof ERRNO;
  constructor(code: keyof typeof ERRNO) {
    super(code);
    this.code = code;
  }
}
