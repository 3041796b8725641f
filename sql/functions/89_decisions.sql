-- The data of decisions: the evidence of agents at stakes, with the reviewers whom the caller trusts.

-- Return the place of the stake at which a payment is judged: the smallest that is not below it.
create or replace function erc8004_stake_place(amount_usdc numeric) returns integer
language sql immutable parallel safe
begin atomic
  select coalesce(min(s.place), cardinality(erc8004_stakes()))::integer
  from unnest(erc8004_stakes()) with ordinality as s (stake, place)
  where s.stake >= amount_usdc * 1000000;
end;

-- Return the gain of a cheat, in USDC: what it earns until the complaints of its victims, who lose one
-- stake each, bring the middle below that of good agents; 0 if it is below already.
create or replace function erc8004_cheat_gain(
  stake bigint, weight numeric, weighted_voices numeric
) returns table (cheat_gain_usdc numeric)
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
    offset 0
  ) as e;
end;

-- Return what the reviewers whom a caller trusts say of an agent, as of now, by class: how many they are,
-- the sum of their voices, and what they weigh at a stake beyond what they weigh for everybody. Each is
-- looked up: an agent may have a hundred times as many others.
create or replace function erc8004_vouching(
  agent uuid, clients text[], stake bigint, with_changes boolean
) returns table (
  reviewers bigint,
  voices numeric,
  old_weight numeric,
  old_weighted numeric,
  new_weight numeric,
  new_weighted numeric
)
language sql stable
begin atomic
  select
    coalesce(sum(w.sign), 0)::bigint,
    coalesce(sum(w.sign * w.voice), 0),
    coalesce(sum(w.more) filter (where w.is_established), 0),
    coalesce(sum(w.more * w.voice) filter (where w.is_established), 0),
    coalesce(sum(w.more) filter (where not w.is_established), 0),
    coalesce(sum(w.more * w.voice) filter (where not w.is_established), 0)
  from (
    select
      v.is_established,
      v.sign,
      v.voice,
      v.sign * (stake - erc8004_weight(v.net_usdc, v.is_reciprocal, v.is_trusted, stake)) as more
    from (
      select c.is_established, 1 as sign, c.voice, c.net_usdc, c.is_reciprocal, c.is_trusted
      from unnest(clients) as t (client_address)
      cross join lateral (
        select k.is_established, k.voice, k.net_usdc, k.is_reciprocal, k.is_trusted
        from erc8004_client_counts as k
        where k.agent_uuid = agent
          and k.client_address = t.client_address
          and k.voice is not null
        limit 1
      ) as c
      union all
      select n.is_established, n.sign, n.voice, n.net_usdc, n.is_reciprocal, n.is_trusted
      from (select where clients <> '{}' and with_changes) as asked
      cross join lateral erc8004_voices_changed(agent) as n
      where n.client_address = any(clients)
    ) as v
  ) as w;
end;

-- Return the evidence of agents for decisions, each at some of the stakes, with the caller's reviewers
-- counted in full or alone, and with the changes not folded yet if these are asked for. An item is
-- {place, agent_uuid, stake_places, trusted, trusted_only}; those of agents that do not exist are left
-- out.
create or replace function erc8004_decision_evidence(items jsonb, with_changes boolean)
returns table (
  place integer,
  inputs json
)
language sql stable
begin atomic
  select
    r.place,
    json_build_object(
      'agent', json_build_object(
        'agent_uuid', a.id,
        'chain', a.chain,
        'caip2', 'eip155:' || c.chain_id,
        'registry_address', a.registry_address,
        'agent_id', a.agent_id::text,
        'owner_address', a.owner_address
      ),
      'status', a.status,
      'source', a.source,
      'claimed', a.claimed,
      'is_testnet', c.is_testnet,
      'registered_at', erc8004_timestamp(a.created_at),
      'owner_since', erc8004_timestamp(a.owner_since),
      'settled_payments', p.successful_payments + p.failed_payments,
      'success_rate', p.success_rate::text,
      'reviewers', e.reviewers,
      'established_reviewers', e.established,
      'paying_reviewers', e.paying,
      'trusted_reviewers', e.trusted,
      'reciprocal_reviewers', e.reciprocal,
      'ratings', t.ratings,
      'own_ratings', t.own_ratings,
      'former_ratings', t.former_ratings,
      'unscored_feedback', f.unscored_feedback,
      'net_usdc', e.net_usdc::numeric(30, 6)::text,
      'returned_usdc', e.returned_usdc::numeric(30, 6)::text,
      'last_backed_at', erc8004_timestamp(greatest(t.last_backed_at, e.rated_at)),
      'vouching_reviewers', j.vouching,
      'vouching_voices', j.vouching_voices::text,
      'is_vouched', j.vouching > 0 and j.vouching_voices >= 100 * erc8004_poor_high() * j.vouching,
      'is_objected',
        j.vouching > 0 and j.vouching_voices < 100 * erc8004_imagined_score() * j.vouching,
      'forgery_cost_usdc', (erc8004_forged_voice_usdc() * e.paying)::text,
      'expected_score', erc8004_imagined_score()::text,
      'highest_stake_usdc',
        ((erc8004_stakes())[cardinality(erc8004_stakes())] / 1000000.0)::numeric(10, 2)::text,
      'stakes', j.stakes,
      'not_computed', erc8004_not_computed(a.source, '{}'),
      'rule_version', erc8004_rule_version(),
      'as_of', erc8004_timestamp(now()),
      'block', (select b.projected_block from erc8004_chain_cursors as b where b.chain = a.chain)
    )
  from jsonb_to_recordset(items) as r (
    place integer, agent_uuid uuid, stake_places integer[], trusted text[], trusted_only boolean
  )
  join erc8004_agents as a on a.id = r.agent_uuid
  join erc8004_chains as c on c.name = a.chain
  cross join lateral erc8004_feedback_of(a.id, with_changes) as f
  cross join lateral erc8004_payments_of(a.id, with_changes) as p
  cross join lateral erc8004_ratings_of(a.id, with_changes) as t
  cross join lateral (
    select
      coalesce(sum(v.reviewers), 0)::bigint as reviewers,
      coalesce(sum(v.reviewers) filter (where v.is_established), 0)::bigint as established,
      coalesce(sum(v.paying), 0)::bigint as paying,
      coalesce(sum(v.trusted), 0)::bigint as trusted,
      coalesce(sum(v.reciprocal), 0)::bigint as reciprocal,
      coalesce(sum(v.net_usdc), 0) as net_usdc,
      coalesce(sum(v.returned_usdc), 0) as returned_usdc,
      coalesce(sum(v.voices) filter (where v.is_established), 0) as old_voices,
      coalesce(sum(v.voices) filter (where not v.is_established), 0) as new_voices,
      array[
          coalesce(sum(v.weights[1]) filter (where v.is_established), 0),
          coalesce(sum(v.weights[2]) filter (where v.is_established), 0),
          coalesce(sum(v.weights[3]) filter (where v.is_established), 0),
          coalesce(sum(v.weights[4]) filter (where v.is_established), 0),
          coalesce(sum(v.weights[5]) filter (where v.is_established), 0),
          coalesce(sum(v.weights[6]) filter (where v.is_established), 0)
        ] as old_weights,
      array[
          coalesce(sum(v.weighted_voices[1]) filter (where v.is_established), 0),
          coalesce(sum(v.weighted_voices[2]) filter (where v.is_established), 0),
          coalesce(sum(v.weighted_voices[3]) filter (where v.is_established), 0),
          coalesce(sum(v.weighted_voices[4]) filter (where v.is_established), 0),
          coalesce(sum(v.weighted_voices[5]) filter (where v.is_established), 0),
          coalesce(sum(v.weighted_voices[6]) filter (where v.is_established), 0)
        ] as old_weighted,
      array[
          coalesce(sum(v.weights[1]) filter (where not v.is_established), 0),
          coalesce(sum(v.weights[2]) filter (where not v.is_established), 0),
          coalesce(sum(v.weights[3]) filter (where not v.is_established), 0),
          coalesce(sum(v.weights[4]) filter (where not v.is_established), 0),
          coalesce(sum(v.weights[5]) filter (where not v.is_established), 0),
          coalesce(sum(v.weights[6]) filter (where not v.is_established), 0)
        ] as new_weights,
      array[
          coalesce(sum(v.weighted_voices[1]) filter (where not v.is_established), 0),
          coalesce(sum(v.weighted_voices[2]) filter (where not v.is_established), 0),
          coalesce(sum(v.weighted_voices[3]) filter (where not v.is_established), 0),
          coalesce(sum(v.weighted_voices[4]) filter (where not v.is_established), 0),
          coalesce(sum(v.weighted_voices[5]) filter (where not v.is_established), 0),
          coalesce(sum(v.weighted_voices[6]) filter (where not v.is_established), 0)
        ] as new_weighted,
      max(v.rated_at) as rated_at
    from erc8004_evidence_of(a.id, with_changes) as v
  ) as e
  cross join lateral (
    select
      min(g.reviewers) as vouching,
      min(g.voices) as vouching_voices,
      json_agg(
        json_build_object(
          'stake_usdc', (s.stake / 1000000.0)::numeric(10, 2)::text,
          'established', json_build_object(
            'reviewers', e.established, 'voices', e.old_voices::text,
            'weight', e.old_weights[s.place]::text,
            'weighted_voices', e.old_weighted[s.place]::text,
            'trusted_weight', g.old_weight::text,
            'trusted_weighted_voices', g.old_weighted::text
          ),
          'newcomers', json_build_object(
            'reviewers', e.reviewers - e.established, 'voices', e.new_voices::text,
            'weight', e.new_weights[s.place]::text,
            'weighted_voices', e.new_weighted[s.place]::text,
            'trusted_weight', g.new_weight::text,
            'trusted_weighted_voices', g.new_weighted::text
          ),
          'score', m.score::text,
          'middle', m.middle::text,
          'low', m.low::text,
          'high', m.high::text,
          'effective_reviewers', m.effective_reviewers::text,
          'level', erc8004_trust_level(
            p.successful_payments + p.failed_payments, p.success_rate, m.middle, m.high,
            c.is_testnet
          ),
          'cheat_gain_usdc', case
            when m.middle is null then '0'
            else h.cheat_gain_usdc::text
          end,
          'caveats', erc8004_caveats(
            e.reviewers, e.established, e.paying, e.trusted, e.reciprocal, t.ratings,
            t.own_ratings, f.unscored_feedback, e.returned_usdc, m.backed, m.backed_mean,
            m.unpaid_reviewers, m.unpaid_mean, a.owner_since, a.created_at,
            greatest(t.last_backed_at, e.rated_at),
            p.successful_payments + p.failed_payments, p.success_rate, c.is_testnet, a.claimed,
            now()
          )
        )
        order by s.place
      ) as stakes
    from (
      select asked.place, (erc8004_stakes())[asked.place] as stake
      from unnest(r.stake_places) as asked (place)
    ) as s
    cross join lateral erc8004_vouching(a.id, r.trusted, s.stake, with_changes) as g
    cross join lateral (
      select
        case when r.trusted_only then g.reviewers else e.established end as old_reviewers,
        case when r.trusted_only then g.voices else e.old_voices end as old_voices,
        case when r.trusted_only then g.reviewers * s.stake
          else e.old_weights[s.place] + g.old_weight end as old_weight,
        case when r.trusted_only then g.voices * s.stake
          else e.old_weighted[s.place] + g.old_weighted end as old_weighted,
        case when r.trusted_only then 0 else e.reviewers - e.established end as new_reviewers,
        case when r.trusted_only then 0 else e.new_voices end as new_voices,
        case when r.trusted_only then 0
          else e.new_weights[s.place] + g.new_weight end as new_weight,
        case when r.trusted_only then 0
          else e.new_weighted[s.place] + g.new_weighted end as new_weighted
      offset 0
    ) as n
    cross join lateral erc8004_trust_summary(
      s.stake,
      n.old_reviewers, n.old_voices, n.old_weight, n.old_weighted,
      n.new_reviewers, n.new_voices, n.new_weight, n.new_weighted
    ) as m
    cross join lateral erc8004_cheat_gain(
      s.stake, n.old_weight + n.new_weight, n.old_weighted + n.new_weighted
    ) as h
  ) as j;
end;

-- Return the same as of now; all agents are read in one plan.
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
  if erc8004_are_changed(array(
    select i.agent_uuid from jsonb_to_recordset(items) as i (agent_uuid uuid)
  )) then
    return query select e.place, e.inputs from erc8004_decision_evidence(items, true) as e;
  else
    return query select e.place, e.inputs from erc8004_decision_evidence(items, false) as e;
  end if;
end;
$$;
