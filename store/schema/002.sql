-- Opens of a brand's mails where none may be tied to a person, by the day.
CREATE TABLE counted_opens (
	brand INTEGER NOT NULL,
	day   INTEGER NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (brand, day)
) WITHOUT ROWID;
CREATE INDEX counted_opens_day ON counted_opens (day);

PRAGMA user_version = 2;
