-- The metadata of agents, as answers and pages show it.

-- Return the wallet of an agent of a chain as the value of a metadata entry: empty if there is none.
create or replace function erc8004_wallet_value(agent_wallet text) returns bytea
language sql immutable parallel safe
return case
  when agent_wallet = '0x0000000000000000000000000000000000000000' then ''::bytea
  else decode(substring(agent_wallet from 3), 'hex')
end;

-- Return up to `most` metadata entries of one agent, by key, after a key if one is given. For an agent of
-- a chain, the entry of the wallet is what the registry itself has.
create or replace function erc8004_metadata_of(agent uuid, after_key text, most bigint) returns table (
  key text,
  value bytea,
  updated_at timestamptz,
  unstorable jsonb
)
language sql stable
begin atomic
  (
    select m.key, m.value, m.updated_at, m.unstorable
    from erc8004_agents as a
    join erc8004_agent_metadata as m on m.agent_uuid = a.id
    where a.id = agent
      and (after_key is null or m.key > after_key)
      and (m.key <> 'agentWallet' or a.source <> 'chain')
    order by m.key
    limit most
  )
  union all
  (
    select
      'agentWallet',
      erc8004_wallet_value(w.agent_wallet),
      w.updated_at,
      null
    from erc8004_agents as w
    where w.id = agent
      and w.source = 'chain'
      and w.agent_wallet is not null
      and (after_key is null or after_key < 'agentWallet')
  )
  order by 1
  limit most;
end;
