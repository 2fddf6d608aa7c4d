-- Whose events wait, and which of theirs are next, without reading what waits for others. The older index, by seq over all
-- tenants, has the same rows: its words differ so that a planner whose statistics say "none wait" cannot take one for the other.
CREATE INDEX CONCURRENTLY ix_outbox_turns ON event_outbox (tenant_id, seq) WHERE coalesce(published_at, dead_at) IS NULL;
