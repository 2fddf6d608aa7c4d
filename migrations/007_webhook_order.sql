-- Deliveries keep the order of their task: each knows its place in it, and one that waits for a new attempt holds back
-- those after it. NULL: the event has no place in an order.

ALTER TABLE webhook_deliveries ADD COLUMN aggregate_id varchar(64);
ALTER TABLE webhook_deliveries ADD COLUMN aggregate_seq bigint;
-- How often its dead letters were replayed: each letter stands for one failure, and is replayed for that one only.
ALTER TABLE webhook_deliveries ADD COLUMN replays integer NOT NULL DEFAULT 0;
