-- Deliveries keep the order of their task: each knows its place in it, and one that waits for a new attempt holds back
-- those after it. NULL: the event has no place in an order.

ALTER TABLE webhook_deliveries ADD COLUMN aggregate_id varchar(64);
ALTER TABLE webhook_deliveries ADD COLUMN aggregate_seq bigint;
-- What one endpoint waits for, without reading the others' of its tenant.
CREATE INDEX ix_deliveries_endpoint_due ON webhook_deliveries (tenant_id, webhook_id, next_attempt_at)
  WHERE state = 'pending';
CREATE INDEX ix_deliveries_endpoint_order ON webhook_deliveries (tenant_id, webhook_id, aggregate_id, aggregate_seq)
  WHERE state = 'pending';
CREATE INDEX ix_deliveries_endpoint_time ON webhook_deliveries (tenant_id, webhook_id, created_at DESC, id DESC);
