-- What the search needs of PostgreSQL's own additional modules, which may be created by the owner of
-- the database: unaccent compares texts without their accents, levenshtein() of fuzzystrmatch counts
-- typing mistakes.

create extension if not exists unaccent;
create extension if not exists fuzzystrmatch;
