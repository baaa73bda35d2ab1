-- Times are microseconds since the epoch in UTC, dates are days since
-- 1970-01-01, money is minor units beside its currency, references are 16
-- random bytes.  Numbers of states are those of the enums in store/*.h.

CREATE TABLE meta (
	key   TEXT PRIMARY KEY,
	value NOT NULL
) WITHOUT ROWID;

CREATE TABLE api_keys (
	id         INTEGER PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE,
	hash       BLOB NOT NULL UNIQUE,
	scopes     INTEGER NOT NULL,
	created_us INTEGER NOT NULL,
	revoked_us INTEGER NOT NULL DEFAULT 0
);

-- Once-only keys of POST (Idempotency-Key) and of lines of a batch.
CREATE TABLE requests (
	key        TEXT PRIMARY KEY,
	hash       BLOB NOT NULL,
	status     INTEGER NOT NULL,
	answer     TEXT NOT NULL,
	created_us INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE customers (
	id            TEXT PRIMARY KEY,
	ref           BLOB NOT NULL UNIQUE,
	brand         TEXT NOT NULL,
	name          TEXT NOT NULL,
	locale        TEXT NOT NULL,
	time_zone     TEXT NOT NULL,
	groups        TEXT NOT NULL DEFAULT '[]',
	rev           INTEGER NOT NULL DEFAULT 0,
	version       INTEGER NOT NULL,
	hold_until_us INTEGER NOT NULL DEFAULT 0,
	hold_reason   TEXT NOT NULL DEFAULT '',
	legal_hold    INTEGER NOT NULL DEFAULT 0,
	consent       TEXT NOT NULL DEFAULT '',
	created_us    INTEGER NOT NULL,
	updated_us    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX customers_hold ON customers (hold_until_us)
	WHERE hold_until_us > 0;

CREATE TABLE contacts (
	customer     TEXT NOT NULL,
	id           TEXT NOT NULL,
	role         TEXT NOT NULL,
	email        TEXT NOT NULL DEFAULT '',
	phone        TEXT NOT NULL DEFAULT '',
	source       TEXT NOT NULL DEFAULT '',
	since        INTEGER,
	confirmed_us INTEGER,
	PRIMARY KEY (customer, id)
) WITHOUT ROWID;

CREATE TABLE services (
	id         TEXT PRIMARY KEY,
	customer   TEXT NOT NULL,
	name       TEXT NOT NULL,
	status     INTEGER NOT NULL,
	expires_on INTEGER,
	auto_renew INTEGER NOT NULL DEFAULT 0,
	product    TEXT NOT NULL DEFAULT '',
	updated_us INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX services_customer ON services (customer);

-- body: the invoice as billing put it last, for what is only ever shown
-- (lines, payment method, pay_url).
CREATE TABLE invoices (
	id             TEXT PRIMARY KEY,
	ref            BLOB NOT NULL UNIQUE,
	customer       TEXT NOT NULL,
	number         TEXT NOT NULL,
	rev            INTEGER NOT NULL DEFAULT 0,
	version        INTEGER NOT NULL,
	status         INTEGER NOT NULL,
	currency       TEXT NOT NULL,
	total          INTEGER NOT NULL,
	balance        INTEGER NOT NULL,
	issued_on      INTEGER,
	due_on         INTEGER NOT NULL,
	policy         TEXT NOT NULL,
	policy_version BLOB NOT NULL,
	auto_renew     INTEGER NOT NULL DEFAULT 0,
	charge_on      INTEGER,
	retry_on       INTEGER,
	charge_failed  INTEGER NOT NULL DEFAULT 0,
	objected_until_us INTEGER NOT NULL DEFAULT 0,
	objected_due   INTEGER,
	body           TEXT NOT NULL,
	pdf_name       TEXT NOT NULL DEFAULT '',
	pdf            BLOB,
	created_us     INTEGER NOT NULL,
	updated_us     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX invoices_customer ON invoices (customer, due_on);

CREATE TABLE invoice_services (
	service TEXT NOT NULL,
	invoice TEXT NOT NULL,
	PRIMARY KEY (service, invoice)
) WITHOUT ROWID;
CREATE INDEX invoice_services_invoice ON invoice_services (invoice);

-- subject: "invoice/ID", "event/ID", "request/KEY".
CREATE TABLE notices (
	id             INTEGER PRIMARY KEY,
	ref            BLOB NOT NULL UNIQUE,
	subject        TEXT NOT NULL,
	step           TEXT NOT NULL,
	anchor         INTEGER NOT NULL,
	customer       TEXT NOT NULL,
	invoice        TEXT NOT NULL DEFAULT '',
	service        TEXT NOT NULL DEFAULT '',
	brand          TEXT NOT NULL,
	template       TEXT NOT NULL,
	policy         TEXT NOT NULL,
	policy_version BLOB NOT NULL,
	critical       INTEGER NOT NULL DEFAULT 0,
	due_us         INTEGER NOT NULL,
	release_us     INTEGER NOT NULL,
	not_after_us   INTEGER NOT NULL,
	state          INTEGER NOT NULL,
	reason         TEXT NOT NULL DEFAULT '',
	roles          TEXT NOT NULL DEFAULT '',
	data           TEXT NOT NULL DEFAULT '',
	released_us    INTEGER NOT NULL DEFAULT 0,
	created_us     INTEGER NOT NULL,
	UNIQUE (subject, step, anchor)
);
CREATE INDEX notices_due ON notices (release_us) WHERE state = 0;
CREATE INDEX notices_stats ON notices (due_us, state, reason);
CREATE INDEX notices_released ON notices (released_us) WHERE released_us > 0;
CREATE INDEX notices_invoice ON notices (invoice) WHERE invoice <> '';
CREATE INDEX notices_customer ON notices (customer, due_us);

-- A lane is a destination as one brand sees it: what claims, back-off and
-- fairness count by.  ready_us is never later than its first message's time.
CREATE TABLE lanes (
	id           INTEGER PRIMARY KEY,
	brand        TEXT NOT NULL,
	domain       TEXT NOT NULL,
	ready_us     INTEGER,
	blocked_us   INTEGER NOT NULL DEFAULT 0,
	failures     INTEGER NOT NULL DEFAULT 0,
	held         INTEGER NOT NULL DEFAULT 0,
	reason       TEXT NOT NULL DEFAULT '',
	UNIQUE (brand, domain)
);
CREATE INDEX lanes_ready ON lanes (ready_us) WHERE ready_us IS NOT NULL;

CREATE TABLE messages (
	id           INTEGER PRIMARY KEY,
	mref         BLOB NOT NULL, -- UNIQUE: 003.sql
	customer     TEXT NOT NULL,
	brand        TEXT NOT NULL,
	channel      INTEGER NOT NULL DEFAULT 0,
	address      TEXT NOT NULL,
	contact      TEXT NOT NULL DEFAULT '',
	template     TEXT NOT NULL,
	lane         INTEGER NOT NULL,
	state        INTEGER NOT NULL,
	reason       TEXT NOT NULL DEFAULT '',
	held         INTEGER NOT NULL DEFAULT 0,
	next_us      INTEGER NOT NULL,
	not_after_us INTEGER NOT NULL,
	attempts     INTEGER NOT NULL DEFAULT 0,
	uncertain    INTEGER NOT NULL DEFAULT 0,
	instance     INTEGER NOT NULL DEFAULT 0,
	subject      TEXT NOT NULL DEFAULT '',
	message_id   TEXT NOT NULL DEFAULT '',
	size         INTEGER NOT NULL DEFAULT 0,
	sha256       BLOB,
	facts        INTEGER NOT NULL DEFAULT 0,
	reply        TEXT NOT NULL DEFAULT '',
	queue_id     TEXT NOT NULL DEFAULT '',
	accepted_us  INTEGER NOT NULL DEFAULT 0,
	created_us   INTEGER NOT NULL
);
-- States 0 queued, 2 deferred, 5 uncertain: what a claim may take.  (IN would
-- make a table of the three at each UPDATE.)
CREATE INDEX messages_queue ON messages (lane, next_us)
	WHERE (state = 0 OR state = 2 OR state = 5) AND held = 0;
CREATE INDEX messages_claimed ON messages (instance) WHERE state = 1;
CREATE INDEX messages_customer ON messages (customer, created_us);
CREATE INDEX messages_address ON messages (address, created_us);
CREATE INDEX messages_created ON messages (created_us, state);
CREATE INDEX messages_message_id ON messages (message_id)
	WHERE message_id <> '';
CREATE INDEX messages_queue_id ON messages (queue_id) WHERE queue_id <> '';

-- Once a recipient: the key that makes a second message impossible.
CREATE TABLE message_notices (
	notice  INTEGER NOT NULL,
	channel INTEGER NOT NULL,
	address TEXT NOT NULL,
	message INTEGER NOT NULL,
	PRIMARY KEY (notice, channel, address)
) WITHOUT ROWID;
CREATE INDEX message_notices_message ON message_notices (message);

-- The exact bytes, as content_pack() packs them.
CREATE TABLE contents (
	message INTEGER PRIMARY KEY,
	bytes   BLOB NOT NULL
);

CREATE TABLE attempts (
	id         INTEGER PRIMARY KEY,
	message    INTEGER NOT NULL,
	instance   INTEGER NOT NULL,
	number     INTEGER NOT NULL,
	started_us INTEGER NOT NULL,
	ended_us   INTEGER NOT NULL DEFAULT 0,
	outcome    TEXT NOT NULL DEFAULT '',
	code       INTEGER NOT NULL DEFAULT 0,
	reply      TEXT NOT NULL DEFAULT '',
	peer       TEXT NOT NULL DEFAULT '',
	transcript BLOB,
	UNIQUE (message, number)
);

CREATE TABLE suppressions (
	brand      TEXT NOT NULL,
	hash       BLOB NOT NULL,
	address    TEXT NOT NULL,
	reason     TEXT NOT NULL,
	message    BLOB,
	created_us INTEGER NOT NULL,
	PRIMARY KEY (brand, hash)
) WITHOUT ROWID;

-- Acts of a policy that wait for their moment.
CREATE TABLE acts (
	invoice   TEXT NOT NULL,
	act       TEXT NOT NULL,
	anchor    INTEGER NOT NULL,
	opens_us  INTEGER NOT NULL,
	state     INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (invoice, act, anchor)
) WITHOUT ROWID;
CREATE INDEX acts_due ON acts (opens_us) WHERE state = 0;

-- The ledger: entry is the 62 bytes of EVIDENCE.md, position its leaf index.
CREATE TABLE events (
	position INTEGER PRIMARY KEY,
	kind     INTEGER NOT NULL,
	time_us  INTEGER NOT NULL,
	ref      BLOB NOT NULL,
	seq      INTEGER NOT NULL,
	entry    BLOB NOT NULL,
	salt     BLOB,
	payload  BLOB,
	UNIQUE (ref, seq)
);

CREATE INDEX events_kind ON events (kind, time_us, ref);

-- A subject's next seq is that of its last event plus one; where rows were
-- removed, their counter is kept here and outlives them.  (A counter for each
-- subject, updated at each event, halved the rate of appending.)
CREATE TABLE subjects (
	ref      BLOB PRIMARY KEY,
	next_seq INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN
	INSERT INTO subjects (ref, next_seq) VALUES (old.ref, old.seq + 1)
		ON CONFLICT DO UPDATE
		SET next_seq = max(next_seq, excluded.next_seq);
END;

-- How far each segment of the hit journal was moved into the ledger.
CREATE TABLE journal_offsets (
	segment  TEXT PRIMARY KEY,
	position INTEGER NOT NULL
) WITHOUT ROWID;

-- Hits of a message by day, once they come near the flood bound.  (A count for
-- each message that is hit cost as many pages as its event.)
CREATE TABLE hit_days (
	ref   BLOB NOT NULL,
	day   INTEGER NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (ref, day)
) WITHOUT ROWID;

-- "ACUS"; the number of this file.
PRAGMA application_id = 1094931795;
PRAGMA user_version = 1;
