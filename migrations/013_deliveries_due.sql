-- What one endpoint waits for, without reading what waits for the others of its tenant.
CREATE INDEX CONCURRENTLY ix_deliveries_endpoint_due ON webhook_deliveries (tenant_id, webhook_id, next_attempt_at)
  WHERE state = 'pending';
