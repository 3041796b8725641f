-- Let search rank what it finds, and find agents by their wallets. The files in functions/ create the
-- functions again, with more parameters.

create extension if not exists unaccent;
create extension if not exists fuzzystrmatch;

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
