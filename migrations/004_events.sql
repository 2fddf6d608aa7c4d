-- Events on their way out and in: outbox, inbox, webhooks, and what could not be handled.

CREATE TABLE event_outbox (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  -- The CloudEvents id: {task id}:{sequence}.
  id varchar(128) NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  event_type varchar(128) NOT NULL,
  event_data_json text NOT NULL,
  aggregate varchar(32) NOT NULL DEFAULT 'task',
  aggregate_id varchar(64) NOT NULL,
  -- Counts from 1 within the aggregate, without gaps: consumers restore the order by it.
  aggregate_seq bigint NOT NULL CHECK (aggregate_seq >= 1),
  traceparent varchar(64),
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  -- A publisher's lease: only who holds the token may mark the row.
  claim_token varchar(36),
  claimed_until timestamptz,
  last_error text,
  dead_at timestamptz,
  published_at timestamptz,
  published boolean NOT NULL GENERATED ALWAYS AS (published_at IS NOT NULL) STORED,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, aggregate, aggregate_id, aggregate_seq)
);
CREATE INDEX ix_outbox_unpublished ON event_outbox (seq) WHERE published_at IS NULL AND dead_at IS NULL;
CREATE INDEX ix_outbox_published ON event_outbox (published_at) WHERE published_at IS NOT NULL;
ALTER TABLE event_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON event_outbox TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
-- The application writes events; it reads no more than ON CONFLICT needs, and seq, which counts over all tenants, never.
GRANT INSERT (tenant_id, id, event_type, event_data_json, aggregate, aggregate_id, aggregate_seq, traceparent, created_at)
  ON event_outbox TO app_user;
GRANT SELECT (tenant_id, id, aggregate, aggregate_id, aggregate_seq) ON event_outbox TO app_user;
-- The publisher serves every tenant, sees this table alone, and changes bookkeeping only. A published row is history.
CREATE POLICY publisher_read ON event_outbox FOR SELECT TO outbox_publisher USING (true);
CREATE POLICY publisher_mark ON event_outbox FOR UPDATE TO outbox_publisher
  USING (published_at IS NULL) WITH CHECK (true);
CREATE POLICY publisher_clean ON event_outbox FOR DELETE TO outbox_publisher
  USING (published_at < now() - interval '7 days');
GRANT SELECT, DELETE ON event_outbox TO outbox_publisher;
GRANT UPDATE (attempts, next_attempt_at, claim_token, claimed_until, last_error, dead_at, published_at)
  ON event_outbox TO outbox_publisher;

-- One row per consumer and event. An event that waits for its predecessor keeps its data here; processed_at is set in
-- the transaction of the effect.
CREATE TABLE inbox_events (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  consumer varchar(64) NOT NULL,
  source varchar(256) NOT NULL,
  event_id varchar(128) NOT NULL,
  event_type varchar(128) NOT NULL,
  aggregate_id varchar(64) NOT NULL,
  aggregate_seq bigint NOT NULL,
  event_data_json text,
  created_at timestamptz NOT NULL DEFAULT now(),
  processed_at timestamptz,
  processed boolean NOT NULL GENERATED ALWAYS AS (processed_at IS NOT NULL) STORED,
  PRIMARY KEY (tenant_id, consumer, source, event_id)
);
CREATE INDEX ix_inbox_tenant_order ON inbox_events (tenant_id, consumer, aggregate_id, aggregate_seq);
CREATE INDEX ix_inbox_unprocessed ON inbox_events (tenant_id, created_at) WHERE processed_at IS NULL;
ALTER TABLE inbox_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbox_events TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox_events TO app_user;

CREATE TABLE webhooks (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  url varchar(2048) NOT NULL,
  description varchar(256) NOT NULL DEFAULT '',
  -- Empty: every type.
  event_types text[] NOT NULL DEFAULT '{}',
  -- Encrypted by the Worker; several during a rotation. Never a secret in clear.
  secrets_ciphertext text NOT NULL,
  state varchar(16) NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled')),
  disabled_reason varchar(256),
  failures integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
ALTER TABLE webhooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhooks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON webhooks TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO app_user;

CREATE TABLE webhook_deliveries (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  webhook_id varchar(36) NOT NULL,
  event_id varchar(128) NOT NULL,
  event_type varchar(128) NOT NULL,
  -- The body as it is signed and sent: every attempt sends the same bytes.
  body text NOT NULL,
  state varchar(16) NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  last_status integer,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, webhook_id, event_id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_deliveries_due ON webhook_deliveries (tenant_id, next_attempt_at) WHERE state = 'pending';
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON webhook_deliveries TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO app_user;

CREATE TABLE dead_letters (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  -- Made from source and event, so that burying twice is one row.
  id varchar(36) NOT NULL,
  -- projection, outbox, queue, webhook, consumer:<name>
  source varchar(128) NOT NULL,
  reason varchar(64) NOT NULL,
  sqlstate char(5),
  error text,
  event_id varchar(128),
  event_type varchar(128),
  aggregate_id varchar(64),
  aggregate_seq bigint,
  payload_json text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  trace_id varchar(64),
  created_at timestamptz NOT NULL DEFAULT now(),
  replay_count integer NOT NULL DEFAULT 0,
  replayed_at timestamptz,
  replayed_by varchar(256),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_dead_letters_tenant_time ON dead_letters (tenant_id, created_at DESC, id DESC);
ALTER TABLE dead_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letters FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON dead_letters TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters TO app_user;
