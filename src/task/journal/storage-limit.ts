/** How a full storage is told from every other fault of it. */

/** The object's storage is full, or one record is larger than it takes. */
export class StorageLimitError extends Error {
  override name = "StorageLimitError";
}

/** What to throw for what a transaction threw. The platform has no classes for it, only words. */
export const toStorageFault = (cause: unknown): unknown =>
  /SQLITE_(FULL|TOOBIG)|too big|storage limit|exceeded/i.test(String(cause))
    ? new StorageLimitError("the task's storage is full, or a record is too large for it", { cause })
    : cause;
