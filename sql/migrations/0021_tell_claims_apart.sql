-- What a client says of a token, apart from what its registry says.

-- True of an agent that a client registered with a token id and that no import has confirmed.
-- Rows from before cannot be told apart: an imported line may have had neither a block nor a
-- transaction. They count as confirmed, so that no agent disappears from search; an import that
-- names another owner corrects those that were not.
alter table erc8004_agents
  add column claimed boolean not null default false,
  add constraint ck__erc8004_agents__claimed_has_token check (
    not claimed
    or agent_id < 115792089237316195423570985008687907853269984665640564039457584007913129639936
  );

-- A new owner ends what the former one said: the metadata. What a mere claimant caused ends, too:
-- nobody with a right asked for the validations, and the feedback that the owner gave in good
-- faith to what was said to be another's agent is feedback to their own. Status, file and URI are
-- for whoever names the new owner to set.
create function erc8004_end_former_owner() returns trigger
language plpgsql
as $$
begin
  delete from erc8004_agent_metadata as m where m.agent_uuid = new.id;
  if old.claimed then
    delete from erc8004_validations as v where v.agent_uuid = new.id;
    update erc8004_reputation as r
    set
      is_revoked = true,
      revoked_at = now(),
      revocation_reason = 'The client is the owner of the agent, as its registry says.'
    where r.agent_uuid = new.id
      and r.client_address = new.owner_address
      and not r.is_revoked;
  end if;
  return null;
end;
$$;

create trigger tr__erc8004_agents__owner_changed
after update of owner_address on erc8004_agents
for each row when (old.owner_address <> new.owner_address)
execute function erc8004_end_former_owner();

alter table erc8004_agent_search add column claimed boolean not null default false;

-- As before, with the claim.
create or replace function erc8004_carry_into_search() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into erc8004_agent_search (
      agent_uuid, agent_id, chain, owner_address, status, claimed,
      registered_at, last_activity_at, services, x402, words
    )
    select
      a.id,
      a.agent_id,
      a.chain,
      a.owner_address,
      a.status,
      a.claimed,
      a.created_at,
      a.last_activity_at,
      o.services,
      erc8004_takes_x402(a.registration_file),
      erc8004_agent_words(a.registration_file)
    from changed as a
    cross join lateral erc8004_service_names(a.registration_file) as o;
  else
    update erc8004_agent_search as s
    set
      agent_id = a.agent_id,
      chain = a.chain,
      owner_address = a.owner_address,
      status = a.status,
      claimed = a.claimed,
      last_activity_at = greatest(s.last_activity_at, a.last_activity_at),
      services = o.services,
      x402 = erc8004_takes_x402(a.registration_file),
      words = erc8004_agent_words(a.registration_file)
    from changed as a
    cross join lateral erc8004_service_names(a.registration_file) as o
    where s.agent_uuid = a.id;
  end if;
  return null;
end;
$$;

-- Claims are left out unless a search asks for them: each index that orders or counts agents
-- knows them, so that however many there are, none is read to be passed.
drop index ix__erc8004_agent_search__registered;
create index ix__erc8004_agent_search__registered
  on erc8004_agent_search (
    registered_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate, claimed
  );

drop index ix__erc8004_agent_search__last_activity;
create index ix__erc8004_agent_search__last_activity
  on erc8004_agent_search (
    last_activity_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate, claimed
  );

drop index ix__erc8004_agent_search__average_score;
create index ix__erc8004_agent_search__average_score
  on erc8004_agent_search (
    average_score, registered_at, agent_uuid,
    trust_level, chain, total_feedback, success_rate, claimed
  )
  include (status)
  where average_score is not null;

drop index ix__erc8004_agent_search__total_feedback;
create index ix__erc8004_agent_search__total_feedback
  on erc8004_agent_search (
    total_feedback, registered_at, agent_uuid,
    trust_level, chain, average_score, success_rate, claimed
  )
  include (status)
  where total_feedback > 0;

drop index ix__erc8004_agent_search__total_payments;
create index ix__erc8004_agent_search__total_payments
  on erc8004_agent_search (
    total_payments, registered_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate, claimed
  )
  where total_payments > 0;

drop index ix__erc8004_agent_search__chain;
create index ix__erc8004_agent_search__chain on erc8004_agent_search (chain, status, claimed);

drop index ix__erc8004_agent_search__trust_level;
create index ix__erc8004_agent_search__trust_level
  on erc8004_agent_search (trust_level, status, chain, claimed);

drop index ix__erc8004_agent_search__success_rate;
create index ix__erc8004_agent_search__success_rate
  on erc8004_agent_search (success_rate, status, trust_level, chain, claimed)
  where success_rate is not null;

drop index ix__erc8004_agent_search__inactive;
create index ix__erc8004_agent_search__inactive
  on erc8004_agent_search (status, claimed)
  where status <> 'active';

create index ix__erc8004_agent_search__claimed
  on erc8004_agent_search (status)
  where claimed;

-- As before; of the agents of each chain and status, those that are claimed are counted apart.
create or replace function erc8004_totals() returns jsonb
language sql stable
begin atomic
  with counted as materialized (
    select trust_level, status, chain, claimed, count(*) as agents
    from erc8004_agent_search
    group by trust_level, status, chain, claimed
  )
  select jsonb_build_object(
    'agents', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'chain', chain, 'status', status, 'agents', agents, 'claimed', claimed_agents
          )
          order by chain, status
        )
        from (
          select
            chain,
            status,
            sum(agents)::bigint as agents,
            coalesce(sum(agents) filter (where claimed), 0)::bigint as claimed_agents
          from counted
          group by chain, status
        ) as by_chain
      ),
      '[]'
    ),
    'feedback', (select coalesce(sum(total_feedback), 0) from mv_erc8004_agent_reputation),
    'payments', (select coalesce(sum(total_payments), 0) from mv_erc8004_agent_payment_stats),
    'amount_usdc', (
      select coalesce(sum(total_amount_usdc), 0)::numeric(30, 6)::text
      from mv_erc8004_agent_payment_stats
    ),
    'trust_levels', (
      select coalesce(jsonb_object_agg(trust_level, agents), '{}')
      from (
        select trust_level, sum(agents)::bigint as agents
        from counted
        group by trust_level
      ) as by_trust_level
    )
  );
end;

-- Totals of earlier refreshes counted no claims, as there were none.
update erc8004_stats_refreshes as f
set totals = jsonb_set(
  f.totals,
  '{agents}',
  (
    select coalesce(jsonb_agg(counted.agents || '{"claimed": 0}' order by counted.place), '[]')
    from jsonb_array_elements(f.totals -> 'agents') with ordinality as counted (agents, place)
  )
);
