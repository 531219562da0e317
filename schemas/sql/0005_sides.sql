-- Uploads of two files that are one call: the bytes of the other come after those of the first.

-- The other file's name; absent where there is one file.
ALTER TABLE upload ADD COLUMN other_name TEXT;
-- Its bytes, of those that were announced.
ALTER TABLE upload ADD COLUMN other_size BIGINT;
