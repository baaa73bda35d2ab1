-- Contents lie in the order in which they were made, beside one another, not
-- in that of their messages, among others' of long ago: inserting one wrote two
-- pages to the log, of five that sending a message wrote.  Those made before
-- keep their place, which is that of their message.
ALTER TABLE contents RENAME COLUMN message TO id;
ALTER TABLE contents ADD COLUMN message INTEGER;
CREATE UNIQUE INDEX contents_message ON contents (ifnull(message, id));

PRAGMA user_version = 13;
