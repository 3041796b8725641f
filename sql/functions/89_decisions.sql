-- What a decision is made from: the evidence of agents at stakes, with the reviewers whom the caller
-- trusts.

-- Return the place of the stake at which a payment is judged: the smallest that is not below it.
create or replace function erc8004_stake_place(amount_usdc numeric) returns integer
language sql immutable parallel safe
begin atomic
  select coalesce(min(s.place), cardinality(erc8004_stakes()))::integer
  from unnest(erc8004_stakes()) with ordinality as s (stake, place)
  where s.stake >= amount_usdc * 1000000;
end;

-- Return what cheating earns, in USDC, until the complaints of those who lost a stake each have brought
-- the middle under that of good agents; 0 where it is under it already.
create or replace function erc8004_cheat_gain_usdc(
  stake bigint, weight numeric, weighted_voices numeric
) returns numeric
language sql immutable parallel safe
begin atomic
  select
    case
      when e.excess < 0 then 0
      else stake * (1 + div(e.excess, 100 * erc8004_good_middle() * stake)) / 1000000
    end
  from (
    select
      100 * erc8004_imagined_reviewers() * erc8004_imagined_score() * stake + weighted_voices
        - 100 * erc8004_good_middle() * (erc8004_imagined_reviewers() * stake + weight) as excess
  ) as e;
end;

-- Return the evidence of agents for decisions, each at some of the stakes, with the caller's reviewers
-- counted in full or alone. An item is {place, agent_uuid, stake_places, trusted, trusted_only}; those
-- of agents that do not exist are left out. All agents are read in one plan, each agent once.
create or replace function erc8004_decision_inputs(items jsonb) returns table (
  place integer,
  inputs json
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with requested as materialized (
    select i.place, i.agent_uuid, i.stake_places, i.trusted, i.trusted_only
    from jsonb_to_recordset(items) as i (
      place integer, agent_uuid uuid, stake_places integer[], trusted text[], trusted_only boolean
    )
  ),
  named as materialized (
    select distinct r.agent_uuid from requested as r
  ),
  voices as materialized (
    select
      n.agent_uuid, v.is_established, v.reviewers, v.voices, v.paying, v.trusted, v.reciprocal,
      v.net_usdc, v.returned_usdc, v.weights, v.weighted_voices, v.rated_at
    from named as n
    cross join lateral erc8004_evidence_of(n.agent_uuid, true) as v
  ),
  agents as materialized (
    select
      a.id as agent_uuid,
      a.agent_id::text as agent_id,
      a.chain,
      c.chain_id,
      a.registry_address,
      a.owner_address,
      a.status,
      a.source,
      a.claimed,
      c.is_testnet,
      a.created_at,
      a.owner_since,
      p.successful_payments + p.failed_payments as settled_payments,
      p.success_rate,
      f.unscored_feedback,
      t.ratings,
      t.own_ratings,
      t.former_ratings,
      greatest(t.last_backed_at, e.rated_at) as last_backed_at,
      e.reviewers,
      e.established,
      e.paying,
      e.trusted,
      e.reciprocal,
      e.net_usdc,
      e.returned_usdc,
      (select b.projected_block from erc8004_chain_cursors as b where b.chain = a.chain) as block
    from named as n
    join erc8004_agents as a on a.id = n.agent_uuid
    join erc8004_chains as c on c.name = a.chain
    cross join lateral erc8004_feedback_now(a.id) as f
    cross join lateral erc8004_payments_now(a.id) as p
    cross join lateral erc8004_ratings_of(a.id, true) as t
    cross join lateral (
      select
        coalesce(sum(v.reviewers), 0)::bigint as reviewers,
        coalesce(sum(v.reviewers) filter (where v.is_established), 0)::bigint as established,
        coalesce(sum(v.paying), 0)::bigint as paying,
        coalesce(sum(v.trusted), 0)::bigint as trusted,
        coalesce(sum(v.reciprocal), 0)::bigint as reciprocal,
        coalesce(sum(v.net_usdc), 0) as net_usdc,
        coalesce(sum(v.returned_usdc), 0) as returned_usdc,
        max(v.rated_at) as rated_at
      from voices as v
      where v.agent_uuid = a.id
    ) as e
  ),
  vouching as materialized (
    select
      r.place, c.is_established, 1 as sign, c.voice, c.net_usdc, c.is_reciprocal, c.is_trusted
    from requested as r
    join erc8004_client_counts as c
      on c.agent_uuid = r.agent_uuid
      and c.client_address = any(r.trusted)
      and c.voice is not null
    union all
    select r.place, v.is_established, v.sign, v.voice, v.net_usdc, v.is_reciprocal, v.is_trusted
    from requested as r
    cross join lateral (
      select r.agent_uuid where r.trusted <> '{}'
    ) as asked
    cross join lateral erc8004_voices_changed(asked.agent_uuid) as v
    where v.client_address = any(r.trusted)
  ),
  vouched as materialized (
    select
      r.place,
      coalesce(sum(v.sign), 0)::bigint as reviewers,
      coalesce(sum(v.sign * v.voice), 0) as voices
    from requested as r
    left join vouching as v on v.place = r.place
    group by r.place
  ),
  sums as materialized (
    select
      r.place,
      s.place as stake_place,
      (erc8004_stakes())[s.place] as stake,
      classes.is_established,
      e.reviewers,
      e.voices,
      e.weight,
      e.weighted_voices,
      t.weight as trusted_weight,
      t.weighted_voices as trusted_weighted_voices
    from requested as r
    cross join unnest(r.stake_places) as s (place)
    cross join (values (true), (false)) as classes (is_established)
    cross join lateral (
      select
        coalesce(sum(v.reviewers), 0) as reviewers,
        coalesce(sum(v.voices), 0) as voices,
        coalesce(sum(v.weights[s.place]), 0) as weight,
        coalesce(sum(v.weighted_voices[s.place]), 0) as weighted_voices
      from voices as v
      where v.agent_uuid = r.agent_uuid
        and v.is_established = classes.is_established
    ) as e
    cross join lateral (
      select
        coalesce(sum(w.more), 0) as weight,
        coalesce(sum(w.more * w.voice), 0) as weighted_voices
      from (
        select
          v.voice,
          v.sign * (
            (erc8004_stakes())[s.place]
            - erc8004_weight(v.net_usdc, v.is_reciprocal, v.is_trusted, (erc8004_stakes())[s.place])
          ) as more
        from vouching as v
        where v.place = r.place
          and v.is_established = classes.is_established
      ) as w
    ) as t
  ),
  counted as (
    select
      r.place,
      r.agent_uuid,
      r.trusted_only,
      v.reviewers as vouching,
      v.voices as vouching_voices,
      o.stake_place,
      o.stake,
      o.reviewers as old_reviewers,
      o.voices as old_voices,
      o.weight as old_weight,
      o.weighted_voices as old_weighted,
      o.trusted_weight as old_trusted_weight,
      o.trusted_weighted_voices as old_trusted_weighted,
      n.reviewers as new_reviewers,
      n.voices as new_voices,
      n.weight as new_weight,
      n.weighted_voices as new_weighted,
      n.trusted_weight as new_trusted_weight,
      n.trusted_weighted_voices as new_trusted_weighted
    from requested as r
    join vouched as v on v.place = r.place
    join sums as o on o.place = r.place and o.is_established
    join sums as n
      on n.place = r.place and n.stake_place = o.stake_place and not n.is_established
  ),
  judged as (
    select
      c.place,
      json_agg(
        json_build_object(
          'stake_usdc', (c.stake / 1000000.0)::numeric(10, 2)::text,
          'established', json_build_object(
            'reviewers', c.old_reviewers, 'voices', c.old_voices::text,
            'weight', c.old_weight::text, 'weighted_voices', c.old_weighted::text,
            'trusted_weight', c.old_trusted_weight::text,
            'trusted_weighted_voices', c.old_trusted_weighted::text
          ),
          'newcomers', json_build_object(
            'reviewers', c.new_reviewers, 'voices', c.new_voices::text,
            'weight', c.new_weight::text, 'weighted_voices', c.new_weighted::text,
            'trusted_weight', c.new_trusted_weight::text,
            'trusted_weighted_voices', c.new_trusted_weighted::text
          ),
          'score', s.score::text,
          'middle', s.middle::text,
          'low', s.low::text,
          'high', s.high::text,
          'effective_reviewers', s.effective_reviewers::text,
          'level', erc8004_trust_level(
            a.settled_payments, a.success_rate, s.middle, s.high, a.is_testnet
          ),
          'cheat_gain_usdc', case
            when s.middle is null then '0'
            when c.trusted_only then erc8004_cheat_gain_usdc(
              c.stake, c.vouching * c.stake, c.vouching_voices * c.stake
            )::text
            else erc8004_cheat_gain_usdc(
              c.stake,
              c.old_weight + c.new_weight + c.old_trusted_weight + c.new_trusted_weight,
              c.old_weighted + c.new_weighted + c.old_trusted_weighted + c.new_trusted_weighted
            )::text
          end,
          'caveats', erc8004_caveats(
            a.reviewers, a.established, a.paying, a.trusted, a.reciprocal, a.ratings,
            a.own_ratings, a.unscored_feedback, a.returned_usdc, s.backed, s.backed_mean,
            s.unpaid_reviewers, s.unpaid_mean, a.owner_since, a.created_at, a.last_backed_at,
            a.settled_payments, a.success_rate, a.is_testnet, a.claimed, now()
          )
        )
        order by c.stake_place
      ) as stakes
    from counted as c
    join agents as a on a.agent_uuid = c.agent_uuid
    cross join lateral erc8004_trust_summary(
      c.stake,
      case when c.trusted_only then c.vouching else c.old_reviewers end,
      case when c.trusted_only then c.vouching_voices else c.old_voices end,
      case when c.trusted_only then c.vouching * c.stake
        else c.old_weight + c.old_trusted_weight end,
      case when c.trusted_only then c.vouching_voices * c.stake
        else c.old_weighted + c.old_trusted_weighted end,
      case when c.trusted_only then 0 else c.new_reviewers end,
      case when c.trusted_only then 0 else c.new_voices end,
      case when c.trusted_only then 0 else c.new_weight + c.new_trusted_weight end,
      case when c.trusted_only then 0 else c.new_weighted + c.new_trusted_weighted end
    ) as s
    group by c.place
  )
  select
    r.place,
    json_build_object(
      'agent', json_build_object(
        'agent_uuid', a.agent_uuid,
        'chain', a.chain,
        'caip2', 'eip155:' || a.chain_id,
        'registry_address', a.registry_address,
        'agent_id', a.agent_id,
        'owner_address', a.owner_address
      ),
      'status', a.status,
      'source', a.source,
      'claimed', a.claimed,
      'is_testnet', a.is_testnet,
      'registered_at', erc8004_timestamp(a.created_at),
      'owner_since', erc8004_timestamp(a.owner_since),
      'settled_payments', a.settled_payments,
      'success_rate', a.success_rate::text,
      'reviewers', a.reviewers,
      'established_reviewers', a.established,
      'paying_reviewers', a.paying,
      'trusted_reviewers', a.trusted,
      'reciprocal_reviewers', a.reciprocal,
      'ratings', a.ratings,
      'own_ratings', a.own_ratings,
      'former_ratings', a.former_ratings,
      'unscored_feedback', a.unscored_feedback,
      'net_usdc', a.net_usdc::numeric(30, 6)::text,
      'returned_usdc', a.returned_usdc::numeric(30, 6)::text,
      'last_backed_at', erc8004_timestamp(a.last_backed_at),
      'vouching_reviewers', v.reviewers,
      'vouching_voices', v.voices::text,
      'is_vouched', v.reviewers > 0 and v.voices >= 100 * erc8004_poor_high() * v.reviewers,
      'is_objected', v.reviewers > 0 and v.voices < 100 * erc8004_imagined_score() * v.reviewers,
      'forgery_cost_usdc', (erc8004_forged_voice_usdc() * a.paying)::text,
      'expected_score', erc8004_imagined_score()::text,
      'highest_stake_usdc',
        ((erc8004_stakes())[cardinality(erc8004_stakes())] / 1000000.0)::numeric(10, 2)::text,
      'stakes', j.stakes,
      'not_computed', erc8004_not_computed(a.source, '{}'),
      'rule_version', erc8004_rule_version(),
      'as_of', erc8004_timestamp(now()),
      'block', a.block
    )
  from requested as r
  join agents as a on a.agent_uuid = r.agent_uuid
  join vouched as v on v.place = r.place
  join judged as j on j.place = r.place;
end;
$$;
