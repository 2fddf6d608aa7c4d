/** The audit log: what is recorded, how it gets into Postgres, and how an export is checked. The object is in object.ts. */

export { type DenialWindow, takeDenial } from "./denials.ts";
export { AUDIT_ACTIONS, type AuditAction, type AuditEntry, type AuditStub } from "./entry.ts";
export { isPublicKey, isSigningKey, publicKeyOf, type SignedHead, signHead } from "./head.ts";
export { PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from "./limits.ts";
export { type AuditPage, type AuditReader, createAuditReader } from "./read.ts";
export { createAuditSink, replayAudit } from "./sink.ts";
export { auditStatement } from "./store.ts";
export { verifyExport } from "./verify.ts";
