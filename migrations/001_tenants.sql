-- The floor: the tenant of a transaction, and the tenants themselves. PostgreSQL 15 or later.
-- The roles app_user and outbox_publisher exist before the first migration: the runner makes them.

CREATE EXTENSION IF NOT EXISTS vector;

-- After a transaction the setting is '' and not NULL, so both read as "no tenant".
CREATE FUNCTION app.tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.tenant_id', true), '');

GRANT USAGE ON SCHEMA app TO app_user, outbox_publisher;
GRANT EXECUTE ON FUNCTION app.tenant() TO app_user;

CREATE TABLE tenants (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  name varchar(256) NOT NULL DEFAULT '',
  state varchar(16) NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id)
);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenants TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE ON tenants TO app_user;

-- For listing. The authority of a key is its object: no secret and no hash stands here.
CREATE TABLE api_keys (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(64) NOT NULL,
  name varchar(128) NOT NULL,
  -- The visible start of the key, so that a person can tell one from another.
  prefix varchar(64) NOT NULL,
  scopes text[] NOT NULL DEFAULT '{}',
  created_by varchar(256) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  projected_version bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, id)
);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON api_keys TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO app_user;
