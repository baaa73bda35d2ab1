-- What is held one by one, for who lets go of it.
CREATE INDEX messages_held ON messages (lane) WHERE held = 1;

PRAGMA user_version = 4;
