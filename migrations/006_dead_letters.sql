-- A letter is open until what it stands for happened after all: by a replay, or because what was missing came.
ALTER TABLE dead_letters ADD COLUMN resolved_at timestamptz;
