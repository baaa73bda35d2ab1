-- Whether a customer is held, asked of each message that is claimed, without a
-- page of the customer.
CREATE INDEX customers_held ON customers (id, hold_until_us)
	WHERE hold_until_us > 0;

PRAGMA user_version = 8;
