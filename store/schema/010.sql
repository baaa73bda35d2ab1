-- For what a destination rests: the reply, or the fault, that told it; and the
-- reason of the alarm that stands until it takes mail again.
ALTER TABLE lanes ADD COLUMN said TEXT NOT NULL DEFAULT '';
ALTER TABLE lanes ADD COLUMN alarm TEXT NOT NULL DEFAULT '';
UPDATE lanes SET alarm = reason WHERE reason IN ('policy_block', 'ours');

PRAGMA user_version = 10;
