-- What a hit asks of its message and customer, without a page of either.
CREATE UNIQUE INDEX messages_mref ON messages (mref, brand, customer);
CREATE INDEX customers_consent ON customers (id, consent) WHERE consent <> '';

PRAGMA user_version = 3;
