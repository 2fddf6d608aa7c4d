-- Each attempt at a call has a row, also one that came to no result: broken off by its task's end, or lost with its run.
-- Of a call's attempts the one with the result holds call_index, which is unique in its step; all of them hold call_id.

ALTER TABLE tool_executions ADD COLUMN call_id varchar(32);
ALTER TABLE tool_executions ADD COLUMN attempt integer NOT NULL DEFAULT 1;
-- done, failed, denied, cancelled, unknown; NULL in rows from before.
ALTER TABLE tool_executions ADD COLUMN outcome varchar(16);
ALTER TABLE tool_executions ADD COLUMN approval_id varchar(64);
-- NULL: nobody measured it.
ALTER TABLE tool_executions ALTER COLUMN duration_ms DROP NOT NULL;
-- What a person found out about an unknown one, and nothing else of a row.
GRANT UPDATE (call_index, success, outcome, result_json, error, error_code) ON tool_executions TO app_user;
