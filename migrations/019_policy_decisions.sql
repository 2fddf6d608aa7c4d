-- What the policy said of each call, with the question as it was asked, so that it can be asked again of another policy.
-- The question holds names and labels, nothing that a user or a model wrote. Inserted and read, never changed.

CREATE TABLE policy_decisions (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  decided_at timestamptz NOT NULL,
  action varchar(32) NOT NULL,
  -- allow, ask, deny
  effect varchar(8) NOT NULL,
  -- false: it was recorded and changed nothing
  is_enforced boolean NOT NULL,
  reasons_json text NOT NULL,
  obligations_json text NOT NULL,
  -- Digest of the compiled policy, or the name and revisions of another engine's.
  policy varchar(128) NOT NULL,
  input_json text NOT NULL,
  -- SHA-256 of the canonical question, lower-case hexadecimal: equal for equal questions.
  input_hash char(64) NOT NULL,
  task_id varchar(36) NOT NULL,
  step integer NOT NULL,
  call_index integer NOT NULL,
  trace_id varchar(64),
  PRIMARY KEY (tenant_id, id)
);
ALTER TABLE policy_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON policy_decisions TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT ON policy_decisions TO app_user;
CREATE INDEX ix_policy_decisions_tenant_time ON policy_decisions (tenant_id, decided_at, id);
