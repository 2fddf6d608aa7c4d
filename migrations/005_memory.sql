-- What agents remember. Facts are versions that are never changed; episodes are found by their embedding.

CREATE TABLE memory_factual (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  agent_id varchar(36) NOT NULL,
  key varchar(256) NOT NULL,
  value text NOT NULL,
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  evidence text NOT NULL,
  confidence double precision NOT NULL CHECK (confidence >= 0 AND confidence <= 1),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, agent_id, key, version)
);
ALTER TABLE memory_factual ENABLE ROW LEVEL SECURITY;
ALTER TABLE memory_factual FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON memory_factual TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, DELETE ON memory_factual TO app_user;

-- The column has no fixed length, because models differ; each row says how long its own is, and a search compares only
-- rows of one model. Search is exact, over (tenant_id, agent_id): an approximate index returned nothing for small tenants.
CREATE TABLE memory_episodic (
  tenant_id varchar(36) NOT NULL CHECK (tenant_id <> ''),
  id varchar(36) NOT NULL,
  agent_id varchar(36) NOT NULL,
  content text NOT NULL,
  source text NOT NULL,
  confidence double precision NOT NULL CHECK (confidence >= 0 AND confidence <= 1),
  embedding vector,
  embedding_model varchar(128),
  embedding_dimensions integer,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT embedding_is_whole CHECK (
    (embedding IS NULL AND embedding_model IS NULL AND embedding_dimensions IS NULL)
    OR (embedding IS NOT NULL AND embedding_model IS NOT NULL AND embedding_dimensions IS NOT NULL
        AND embedding_dimensions = vector_dims(embedding))
  )
);
CREATE INDEX ix_memory_episodic_tenant ON memory_episodic (tenant_id, agent_id, embedding_model);
ALTER TABLE memory_episodic ENABLE ROW LEVEL SECURITY;
ALTER TABLE memory_episodic FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON memory_episodic TO app_user
  USING (tenant_id = (SELECT app.tenant())) WITH CHECK (tenant_id = (SELECT app.tenant()));
GRANT SELECT, INSERT, UPDATE, DELETE ON memory_episodic TO app_user;
