-- An endpoint's deliveries by age: for its list, and for removing old ones.
CREATE INDEX CONCURRENTLY ix_deliveries_endpoint_time ON webhook_deliveries (tenant_id, webhook_id, created_at DESC, id DESC);
