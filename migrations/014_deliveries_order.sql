-- The first of a task that waits for an endpoint.
CREATE INDEX CONCURRENTLY ix_deliveries_endpoint_order ON webhook_deliveries (tenant_id, webhook_id, aggregate_id,
  aggregate_seq) WHERE state = 'pending';
