-- The index of events by subject stands beside them, so that it need not be
-- told of each at once: a flood's entries, which lie anywhere in it, wait in
-- event_recent, by runs of 8,192 positions, and move in the index's order.
CREATE TABLE event_index (
	ref      BLOB NOT NULL,
	seq      INTEGER NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (ref, seq)
) WITHOUT ROWID;
INSERT INTO event_index (ref, seq, position)
	SELECT ref, seq, position FROM events ORDER BY ref, seq;

CREATE TABLE event_recent (
	run      INTEGER NOT NULL,
	ref      BLOB NOT NULL,
	seq      INTEGER NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (run, ref, seq)
) WITHOUT ROWID;

CREATE TABLE events_bare (
	position INTEGER PRIMARY KEY,
	kind     INTEGER NOT NULL,
	time_us  INTEGER NOT NULL,
	ref      BLOB NOT NULL,
	seq      INTEGER NOT NULL,
	entry    BLOB NOT NULL,
	salt     BLOB,
	payload  BLOB
);
INSERT INTO events_bare (position, kind, time_us, ref, seq, entry, salt,
	payload) SELECT position, kind, time_us, ref, seq, entry, salt, payload
	FROM events ORDER BY position;
DROP TABLE events;
ALTER TABLE events_bare RENAME TO events;
CREATE INDEX events_kind ON events (kind, time_us, ref);

-- What waits would be told to the index after its row is gone.
CREATE TRIGGER events_waiting BEFORE DELETE ON events BEGIN
	SELECT RAISE(ABORT, 'the index has yet to be told of this event')
		WHERE EXISTS (SELECT 1 FROM event_recent
		WHERE run = old.position >> 13 AND ref = old.ref
		AND seq = old.seq);
END;
CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN
	INSERT INTO subjects (ref, next_seq) VALUES (old.ref, old.seq + 1)
		ON CONFLICT DO UPDATE
		SET next_seq = max(next_seq, excluded.next_seq);
	DELETE FROM event_index WHERE ref = old.ref AND seq = old.seq;
END;

PRAGMA user_version = 6;
