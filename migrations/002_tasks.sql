-- What everyone but the task's own object reads about tasks: a projection, written with keys so that a repeat changes
-- nothing. projected_version is the version of the object's state that a row shows; an older one never replaces it.

CREATE TABLE agents (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  pack_id varchar(128) NOT NULL,
  pack_version varchar(32) NOT NULL,
  session_id varchar(64),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_agents_tenant_pack ON agents (tenant_id, pack_id);
ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE agents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON agents TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON agents TO app_user;

CREATE TABLE tasks (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  agent_id varchar(36) NOT NULL,
  state varchar(16) NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'waiting', 'retry', 'done', 'failed', 'cancelled', 'dead_letter')),
  input_text text NOT NULL,
  output_text text,
  idempotency_key varchar(255) NOT NULL,
  retry_count integer NOT NULL DEFAULT 0,
  error text,
  error_code varchar(64),
  pack_id varchar(128) NOT NULL,
  pack_version varchar(32) NOT NULL,
  pack_digest varchar(128) NOT NULL,
  session_id varchar(64),
  tier varchar(16),
  model varchar(256),
  metadata jsonb NOT NULL DEFAULT '{}',
  finish_reason varchar(32),
  steps_taken integer NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  cache_read_tokens bigint NOT NULL DEFAULT 0,
  cache_write_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  -- Micros of a US dollar; NULL when a price is unknown, which is not 0.
  cost_micros bigint,
  trace_id varchar(64),
  replay_of varchar(36),
  projected_version bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  heartbeat_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, idempotency_key),
  FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id)
);
CREATE INDEX ix_tasks_tenant_state ON tasks (tenant_id, state, created_at DESC, id DESC);
CREATE INDEX ix_tasks_tenant_created ON tasks (tenant_id, created_at DESC, id DESC);
CREATE INDEX ix_tasks_tenant_pack ON tasks (tenant_id, pack_id, created_at DESC, id DESC);
CREATE INDEX ix_tasks_tenant_session ON tasks (tenant_id, session_id, created_at) WHERE session_id IS NOT NULL;
CREATE INDEX ix_tasks_tenant_agent ON tasks (tenant_id, agent_id);
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tasks TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON tasks TO app_user;

CREATE TABLE idempotency_keys (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  -- Not from a sequence: a shared counter would tell each tenant how much the others do.
  id varchar(36) NOT NULL DEFAULT gen_random_uuid()::text,
  idempotency_key varchar(255) NOT NULL,
  resource_type varchar(32) NOT NULL,
  resource_id varchar(36) NOT NULL,
  request_hash varchar(64) NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  CONSTRAINT uq_idempotency_tenant_key PRIMARY KEY (tenant_id, idempotency_key)
);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON idempotency_keys TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO app_user;

CREATE TABLE tool_executions (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  task_id varchar(36) NOT NULL,
  step integer,
  call_index integer,
  tool_id varchar(128) NOT NULL,
  tool_name varchar(256) NOT NULL,
  arguments_json text NOT NULL,
  success boolean NOT NULL,
  result_json text,
  error text,
  error_code varchar(64),
  duration_ms integer NOT NULL,
  trace_id varchar(64),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, task_id, step, call_index),
  FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id)
);
ALTER TABLE tool_executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE tool_executions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tool_executions TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, DELETE ON tool_executions TO app_user;

-- One row per task and event that reported it, written by the usage consumer.
CREATE TABLE usage (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(128) NOT NULL,
  task_id varchar(36) NOT NULL,
  agent_id varchar(36),
  pack_id varchar(128) NOT NULL,
  model varchar(256),
  input_tokens bigint NOT NULL DEFAULT 0 CHECK (input_tokens >= 0),
  cache_read_tokens bigint NOT NULL DEFAULT 0 CHECK (cache_read_tokens >= 0),
  cache_write_tokens bigint NOT NULL DEFAULT 0 CHECK (cache_write_tokens >= 0),
  output_tokens bigint NOT NULL DEFAULT 0 CHECK (output_tokens >= 0),
  cost_micros bigint,
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id)
);
CREATE INDEX ix_usage_tenant_time ON usage (tenant_id, occurred_at);
CREATE INDEX ix_usage_tenant_task ON usage (tenant_id, task_id);
ALTER TABLE usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON usage TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, DELETE ON usage TO app_user;
