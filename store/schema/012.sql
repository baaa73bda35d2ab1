-- When the first of all that wait gets too late is read from the index alone.
DROP INDEX messages_queue;
CREATE INDEX messages_queue ON messages (lane, next_us, not_after_us)
	WHERE (state = 0 OR state = 2 OR state = 5) AND held = 0;

PRAGMA user_version = 12;
