-- What the search needs of PostgreSQL's own additional modules, which the owner of a database may
-- create: unaccent compares texts without their accents, levenshtein() of fuzzystrmatch counts typing
-- mistakes. Where they cannot be created, the error says what to do.

do $$
declare
  module text;
begin
  foreach module in array array['unaccent', 'fuzzystrmatch'] loop
    execute format('create extension if not exists %I', module);
  end loop;
exception
  when insufficient_privilege then
    raise exception 'the extension % cannot be created by the role %', module, current_user
      using errcode = 'insufficient_privilege',
        hint = format(
          'As owner of the database or as superuser, run: create extension %I;', module
        );
  when undefined_file or feature_not_supported then
    raise exception 'the extension % is not installed on the server of this database', module
      using errcode = 'feature_not_supported',
        hint = 'Install the package with the contrib modules, such as postgresql-contrib.';
end;
$$;
