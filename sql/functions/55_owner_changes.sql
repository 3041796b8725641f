-- The addresses of each agent, and the time since when it has its owner: ratings by these addresses, or
-- from before that time, give no voice.

-- Return the addresses of an agent: its owner, then its wallet on the chain, and that of its metadata.
create or replace function erc8004_addresses(
  owner_address text, agent_wallet text, metadata_wallet bytea
) returns text[]
language sql immutable parallel safe
return array_remove(
  array[
    owner_address,
    nullif(nullif(agent_wallet, owner_address), '0x0000000000000000000000000000000000000000'),
    case
      when octet_length(metadata_wallet) = 20
      then nullif('0x' || encode(metadata_wallet, 'hex'), owner_address)
    end
  ],
  null
);

-- The addresses of every agent, and since when it has its owner.
create or replace view erc8004_agent_addresses as
select
  a.id as agent_uuid,
  a.owner_since,
  erc8004_addresses(a.owner_address, a.agent_wallet, m.value) as own_addresses
from erc8004_agents as a
left join erc8004_agent_metadata as m
  on m.agent_uuid = a.id
  and m.key = 'agentWallet'
  and a.source <> 'chain';

-- Return the addresses of an agent.
create or replace function erc8004_own_addresses(agent uuid) returns text[]
language sql stable parallel safe
begin atomic
  select a.own_addresses
  from erc8004_agent_addresses as a
  where a.agent_uuid = agent;
end;

-- Set the time since when an agent has its owner, if the owner does not come from a chain.
create or replace function erc8004_set_owner_since() returns trigger
language plpgsql
as $$
begin
  new.owner_since := now();
  return new;
end;
$$;

create or replace trigger tr__erc8004_agents__set_owner_since
before update of owner_address on erc8004_agents
for each row when (
  old.owner_address <> new.owner_address
  and new.source <> 'chain'
  and new.owner_since is not distinct from old.owner_since
)
execute function erc8004_set_owner_since();

-- Record that an agent has another owner or wallet; the next refresh counts its feedback again.
create or replace function erc8004_record_owner_change() returns trigger
language plpgsql
as $$
begin
  insert into erc8004_owner_changes (agent_uuid)
  values (new.id);
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__owner_recorded
after update of owner_address, owner_since, agent_wallet on erc8004_agents
for each row when (
  (old.owner_address, old.owner_since, old.agent_wallet)
  is distinct from (new.owner_address, new.owner_since, new.agent_wallet)
)
execute function erc8004_record_owner_change();

-- The same for the wallet that the metadata of an agent names.
create or replace function erc8004_record_wallet_change() returns trigger
language plpgsql
as $$
begin
  insert into erc8004_owner_changes (agent_uuid)
  values (case tg_op when 'DELETE' then old.agent_uuid else new.agent_uuid end);
  return null;
end;
$$;

create or replace trigger tr__erc8004_agent_metadata__wallet_recorded
after insert or update on erc8004_agent_metadata
for each row when (new.key = 'agentWallet')
execute function erc8004_record_wallet_change();

create or replace trigger tr__erc8004_agent_metadata__wallet_deleted
after delete on erc8004_agent_metadata
for each row when (old.key = 'agentWallet')
execute function erc8004_record_wallet_change();
