-- Who left optional mail has left it, whatever else keeps mail from the
-- address, and after that is lifted: since when, and by which message's link.
-- NULL where reason is "left", which says it itself.
ALTER TABLE suppressions ADD COLUMN left_us INTEGER;
ALTER TABLE suppressions ADD COLUMN left_message BLOB;

PRAGMA user_version = 14;
