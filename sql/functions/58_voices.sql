-- Relations between an agent and a reviewer besides the ratings: returned money, and reciprocal ratings.
-- The functions return tables, so that PostgreSQL inlines them into the statements that use them: a call
-- for each row would take most of the time of a full count. For null addresses they find nothing.

-- Return what the addresses of an agent paid a client, in verified payments of mainnets.
create or replace function erc8004_returned_usdc(own_addresses text[], client text)
returns table (returned_usdc numeric)
language sql stable parallel safe
begin atomic
  select coalesce(sum(m.paid_usdc), 0)
  from erc8004_money_flows as m
  where m.payer_address = any(own_addresses)
    and m.payee_address = client;
end;

-- Return whether an address of an agent has a voice on an agent of a client.
create or replace function erc8004_is_reciprocal(own_addresses text[], client text)
returns table (is_reciprocal boolean)
language sql stable parallel safe
begin atomic
  select exists (
    select
    from erc8004_rated_parties as r
    where r.client_address = any(own_addresses)
      and r.party_address = client
      and r.agents > 0
  );
end;

-- Return the agents of a party on which a client has a voice. Nearly always there are none, which one
-- lookup finds: whatever the planner expects of the rest, it has to come after (offset 0).
create or replace function erc8004_agents_rated_by(client text, party text)
returns table (agent_uuid uuid)
language sql stable parallel safe
begin atomic
  select rated.agent_uuid
  from (
    select r.client_address
    from erc8004_rated_parties as r
    where r.client_address = client
      and r.party_address = party
      and r.agents > 0
    offset 0
  ) as rater
  cross join lateral (
    select c.agent_uuid
    from erc8004_client_counts as c
    where c.client_address = rater.client_address
      and c.voice is not null
    offset 0
  ) as rated
  cross join lateral (
    select
    from erc8004_feedback_counts as f
    where f.agent_uuid = rated.agent_uuid
      and party = any(f.own_addresses)
    offset 0
  ) as owned;
end;
