-- A Message-ID is made of its message's mref, which has an index.
DROP INDEX messages_message_id;

PRAGMA user_version = 7;
