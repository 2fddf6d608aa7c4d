-- The task whose call handed this one its work; NULL for one that a client started. No foreign key: a child may be told
-- of before its parent is.

ALTER TABLE tasks ADD COLUMN parent_task_id varchar(36);
