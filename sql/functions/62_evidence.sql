-- The evidence of a refresh, after the folds and in this order: agents with another owner, who rated whom,
-- the reviewers, and the sums over these. Each step is a statement over the clients of agents in
-- erc8004_pair_changes, or over all of them from history; it then writes the rows that differ. Only one
-- refresh runs at a time, as it holds a lock, so that each step finds the tables as the step before left
-- them.
--
-- The bodies are text for the same reason as those of the folds.

-- Withdraw the voices on agents that have another owner or wallet, by the addresses with which they were
-- counted, and turn their feedback into changes again. Return all agents with another.
create or replace function erc8004_withdraw_voices() returns uuid[]
language plpgsql
as $$
declare
  changed uuid[];
  agents uuid[];
begin
  with deleted as (
    delete from erc8004_owner_changes returning agent_uuid
  )
  select
    coalesce(array_agg(distinct a.id), '{}'),
    array_agg(distinct f.agent_uuid) filter (
      where (f.own_addresses, f.voices_since)
        is distinct from (erc8004_own_addresses(a.id), a.owner_since)
    )
  into changed, agents
  from deleted as d
  join erc8004_agents as a on a.id = d.agent_uuid
  left join erc8004_feedback_counts as f on f.agent_uuid = a.id;
  if agents is null then
    return changed;
  end if;
  insert into erc8004_pair_changes (agent_uuid, client_address)
  select c.agent_uuid, c.client_address
  from erc8004_client_counts as c
  where c.agent_uuid = any(agents);
  update erc8004_client_counts as c
  set rating_count = 0
  where c.agent_uuid = any(agents);
  perform erc8004_count_parties(false);
  perform erc8004_count_evidence(false);
  call erc8004_reset_feedback(agents);
  insert into erc8004_pair_changes (agent_uuid, client_address)
  select c.agent_uuid, c.client_address
  from erc8004_client_counts as c
  where c.agent_uuid = any(agents);
  return changed;
end;
$$;

-- Count the agents whose reviewers have a voice by their parties, where a client gained or lost one.
-- With the first or the last agent of a party that a client rates, others become reciprocal, or cease.
create or replace function erc8004_count_parties(from_history boolean) returns void
language sql
set plan_cache_mode = force_custom_plan
set enable_mergejoin = off
as $$
  with changed as materialized (
    select distinct p.agent_uuid, p.client_address
    from erc8004_pair_changes as p
    where not from_history
  ),
  moved as (
    select
      c.agent_uuid,
      c.client_address,
      (c.rating_count > 0)::integer - (c.voice is not null)::integer as agents
    from changed as p
    join erc8004_client_counts as c using (agent_uuid, client_address)
    where (c.rating_count > 0) <> (c.voice is not null)
    union all
    select c.agent_uuid, c.client_address, 1
    from erc8004_client_counts as c
    where from_history
      and c.rating_count > 0
  ),
  by_party as materialized (
    select
      m.client_address,
      own.address as party_address,
      sum(m.agents) as agents,
      coalesce(sum(m.agents) filter (where own.place = 1), 0) as owned_agents
    from moved as m
    join erc8004_feedback_counts as f using (agent_uuid)
    cross join lateral unnest(f.own_addresses) with ordinality as own (address, place)
    group by m.client_address, own.address
  ),
  counted as (
    insert into erc8004_rated_parties as r (client_address, party_address, agents, owned_agents)
    select b.client_address, b.party_address, b.agents, b.owned_agents
    from by_party as b
    left join erc8004_rated_parties as k
      on k.client_address = b.client_address
      and k.party_address = b.party_address
      and from_history
    where (k.agents, k.owned_agents) is distinct from (b.agents, b.owned_agents)
    on conflict on constraint pk__erc8004_rated_parties do update
    set
      agents = excluded.agents + case when from_history then 0 else r.agents end,
      owned_agents = excluded.owned_agents + case when from_history then 0 else r.owned_agents end
  ),
  lost as (
    delete from erc8004_rated_parties as r
    where from_history
      and not exists (
        select
        from by_party as b
        where b.client_address = r.client_address
          and b.party_address = r.party_address
      )
  )
  insert into erc8004_pair_changes (agent_uuid, client_address)
  select rated.agent_uuid, b.party_address
  from by_party as b
  left join erc8004_rated_parties as r using (client_address, party_address)
  cross join lateral erc8004_agents_rated_by(b.party_address, b.client_address) as rated
  where not from_history
    and (coalesce(r.agents, 0) > 0) <> (coalesce(r.agents, 0) + b.agents > 0);
$$;

-- Count since when the clients in erc8004_pair_changes give feedback, and of how many owners they rate
-- agents.
create or replace function erc8004_count_reviewers() returns void
language sql
as $$
  with clients as materialized (
    select distinct p.client_address
    from erc8004_pair_changes as p
  )
  insert into erc8004_reviewers as r (client_address, first_seen_at, owners)
  select n.client_address, seen.first_at, rated.owners
  from clients as n
  cross join lateral (
    select min(c.first_feedback_at) as first_at
    from erc8004_client_counts as c
    where c.client_address = n.client_address
  ) as seen
  cross join lateral (
    select count(*) as owners
    from (
      select
      from erc8004_rated_parties as p
      where p.client_address = n.client_address
        and p.owned_agents > 0
      limit erc8004_newcomer_owners()
    ) as few
  ) as rated
  where seen.first_at is not null
    or exists (select from erc8004_reviewers as known where known.client_address = n.client_address)
  on conflict on constraint pk__erc8004_reviewers do update
  set
    first_seen_at = excluded.first_seen_at,
    owners = excluded.owners
  where (r.first_seen_at, r.owners) is distinct from (excluded.first_seen_at, excluded.owners);
$$;

-- Count and classify all reviewers, and write the rows that differ.
create or replace function erc8004_recount_reviewers(as_of timestamptz) returns void
language sql
set enable_mergejoin = off
as $$
  with seen as (
    select c.client_address, min(c.first_feedback_at) as first_at
    from erc8004_client_counts as c
    where c.first_feedback_at is not null
    group by c.client_address
  ),
  rated as (
    select p.client_address, least(count(*), erc8004_newcomer_owners())::integer as owners
    from erc8004_rated_parties as p
    where p.owned_agents > 0
    group by p.client_address
  ),
  classes as materialized (
    select
      s.client_address,
      s.first_at,
      coalesce(r.owners, 0) as owners,
      erc8004_is_established(coalesce(r.owners, 0), s.first_at, as_of) as is_established,
      t.client_address is not null as is_trusted
    from seen as s
    left join rated as r using (client_address)
    left join erc8004_trusted_reviewers as t using (client_address)
  ),
  lost as (
    delete from erc8004_reviewers as r
    where not exists (select from classes as c where c.client_address = r.client_address)
  )
  insert into erc8004_reviewers as r (
    client_address, first_seen_at, owners, is_established, is_trusted
  )
  select c.client_address, c.first_at, c.owners, c.is_established, c.is_trusted
  from classes as c
  left join erc8004_reviewers as k using (client_address)
  where (k.first_seen_at, k.owners, k.is_established, k.is_trusted)
    is distinct from (c.first_at, c.owners, c.is_established, c.is_trusted)
  on conflict on constraint pk__erc8004_reviewers do update
  set
    first_seen_at = excluded.first_seen_at,
    owners = excluded.owners,
    is_established = excluded.is_established,
    is_trusted = excluded.is_trusted;
$$;

-- Mark the reviewers who are no longer newcomers, and those whom the operator trusts; unmark those whom the
-- operator no longer trusts. The agents that they rated are counted again. Few of many reviewers change,
-- which the planner cannot know: each is looked up.
create or replace function erc8004_classify_reviewers(as_of timestamptz) returns void
language sql
set plan_cache_mode = force_custom_plan
set enable_hashjoin = off
set enable_mergejoin = off
as $$
  with candidates as materialized (
    select p.client_address
    from erc8004_pair_changes as p
    union
    select t.client_address
    from erc8004_trusted_reviewers as t
    union
    select r.client_address
    from erc8004_reviewers as r
    where r.is_trusted
    union
    select r.client_address
    from erc8004_reviewers as r
    where not r.is_established
      and r.owners = erc8004_newcomer_owners()
      and r.first_seen_at <= as_of - erc8004_newcomer_time()
  ),
  classes as (
    select
      r.client_address,
      erc8004_is_established(r.owners, r.first_seen_at, as_of) as is_established,
      t.client_address is not null as is_trusted
    from candidates as c
    join erc8004_reviewers as r using (client_address)
    left join erc8004_trusted_reviewers as t using (client_address)
  ),
  changed as (
    update erc8004_reviewers as r
    set
      is_established = c.is_established,
      is_trusted = c.is_trusted
    from classes as c
    where r.client_address = c.client_address
      and (r.is_established, r.is_trusted) <> (c.is_established, c.is_trusted)
    returning r.client_address
  )
  insert into erc8004_pair_changes (agent_uuid, client_address)
  select p.agent_uuid, p.client_address
  from changed as c
  join erc8004_client_counts as p using (client_address)
  where p.rating_count > 0;
$$;
