-- The audit log: a chain per tenant. The database numbers and hashes each row as it is inserted, one at a time per
-- tenant, so no writer can fork the chain, skip a number or choose a hash. The application may insert and read, no more.

CREATE TABLE audit_log (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  seq bigint NOT NULL,
  action varchar(128) NOT NULL,
  -- human:<id>, key:<id>, agent:<pack>@<digest>/task:<id>, system
  actor varchar(256) NOT NULL,
  resource varchar(256) NOT NULL,
  decision varchar(16),
  rule_id varchar(128),
  result varchar(32),
  args_hash varchar(64),
  details_json text,
  duration_ms integer,
  cost_micros bigint,
  model varchar(256),
  pack_digest varchar(128),
  approval_id varchar(64),
  request_id varchar(64),
  trace_id varchar(64),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Lower-case hexadecimal of SHA-256; the first row of a tenant follows 64 zeros.
  prev_hash char(64) NOT NULL,
  hash char(64) NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, seq)
);
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_log TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT ON audit_log TO app_user;

-- One field of the text that is hashed: its length in bytes, a colon, its bytes; "-" for NULL. Lengths make the whole
-- unambiguous whatever the fields hold. docs/data.md gives the order of the fields.
CREATE FUNCTION app.audit_field(field text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN field IS NULL THEN '-' ELSE octet_length(field)::text || ':' || field END;

CREATE FUNCTION app.audit_hash(entry audit_log) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN encode(sha256(convert_to(
    app.audit_field(entry.prev_hash)
    || app.audit_field(entry.tenant_id)
    || app.audit_field(entry.seq::text)
    || app.audit_field(entry.id)
    || app.audit_field(entry.action)
    || app.audit_field(entry.actor)
    || app.audit_field(entry.resource)
    || app.audit_field(entry.decision)
    || app.audit_field(entry.rule_id)
    || app.audit_field(entry.result)
    || app.audit_field(entry.args_hash)
    || app.audit_field(entry.details_json)
    || app.audit_field(entry.duration_ms::text)
    || app.audit_field(entry.cost_micros::text)
    || app.audit_field(entry.model)
    || app.audit_field(entry.pack_digest)
    || app.audit_field(entry.approval_id)
    || app.audit_field(entry.request_id)
    || app.audit_field(entry.trace_id)
    || app.audit_field(to_char(entry.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
    'UTF8')), 'hex');

-- Rows of one statement see each other, rows of another transaction wait for the lock: READ COMMITTED is required.
CREATE FUNCTION app.audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  head record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('vasini.audit:' || NEW.tenant_id, 0));
  SELECT seq, hash INTO head FROM public.audit_log WHERE tenant_id = NEW.tenant_id ORDER BY seq DESC LIMIT 1;
  NEW.seq := coalesce(head.seq, 0) + 1;
  NEW.prev_hash := coalesce(head.hash, repeat('0', 64));
  NEW.created_at := date_trunc('milliseconds', NEW.created_at);
  NEW.hash := app.audit_hash(NEW);
  RETURN NEW;
END;
$$;
GRANT EXECUTE ON FUNCTION app.audit_field(text), app.audit_hash(audit_log) TO app_user;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION app.audit_chain();
CREATE INDEX ix_audit_log_tenant_time ON audit_log (tenant_id, created_at);
CREATE INDEX ix_audit_log_tenant_action ON audit_log (tenant_id, action, seq);
