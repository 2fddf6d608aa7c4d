-- A decision may be the tenant's own policy's too, may have others on trial beside it, and may be about no call of a task:
-- then it was made at a door. Rows older than their retention are removed by the same role that writes them.

ALTER TABLE policy_decisions ADD COLUMN tenant_policy varchar(64);
ALTER TABLE policy_decisions ADD COLUMN trials_json text NOT NULL DEFAULT '[]';
ALTER TABLE policy_decisions ALTER COLUMN task_id DROP NOT NULL;
ALTER TABLE policy_decisions ALTER COLUMN step DROP NOT NULL;
ALTER TABLE policy_decisions ALTER COLUMN call_index DROP NOT NULL;
GRANT DELETE ON policy_decisions TO app_user;
