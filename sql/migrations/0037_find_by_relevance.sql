-- Let search rank what it finds, and find agents by their wallets. The files in functions/ create the
-- functions again, with more parameters.

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

create index ix__erc8004_agent_metadata__agent_wallet
  on erc8004_agent_metadata (value)
  where key = 'agentWallet';

-- The words of names, by which mistyped words are corrected, each with what remains of it without one
-- character. Words stay when the last agent of their name is gone.
create table erc8004_name_words (
  id bigint generated always as identity,
  word text collate "C" not null,
  variants text[] collate "C" not null,

  constraint pk__erc8004_name_words primary key (id)
);

create index ix__erc8004_name_words__word on erc8004_name_words (word);
create index ix__erc8004_name_words__variants on erc8004_name_words using gin (variants);

drop function erc8004_found_page(uuid[], integer);
drop function erc8004_found_agents(uuid[]);
