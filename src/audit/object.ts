/** The audit room's face for the runtime: its Durable Object. */
export { AuditObject, type AuditServices } from "./audit-object.ts";
