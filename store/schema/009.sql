-- The terms of an invoice, asked of each message that is claimed, without its
-- row: rows are large, so that a million lie ten pages deep.
CREATE INDEX invoices_terms ON invoices (id, policy, status, currency, balance,
	issued_on, due_on);

PRAGMA user_version = 9;
