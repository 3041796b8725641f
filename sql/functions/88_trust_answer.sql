-- The answer that explains the score of one agent, as of now.

-- Return the score of one agent at each of the stakes.
create or replace function erc8004_trust_by_stake(agent uuid, with_changes boolean) returns table (
  stake bigint,
  score numeric,
  middle numeric,
  low numeric,
  high numeric,
  effective_reviewers numeric
)
language sql stable
begin atomic
  with sums as materialized (
    select
      v.is_established,
      u.place,
      sum(v.reviewers) as reviewers,
      sum(v.voices) as voices,
      sum(u.weight) as weight,
      sum(u.weighted) as weighted
    from erc8004_evidence_of(agent, with_changes) as v
    cross join lateral unnest(v.weights, v.weighted_voices) with ordinality
      as u (weight, weighted, place)
    group by v.is_established, u.place
  )
  select s.stake, t.score, t.middle, t.low, t.high, t.effective_reviewers
  from unnest(erc8004_stakes()) with ordinality as s (stake, place)
  left join sums as old on old.place = s.place and old.is_established
  left join sums as new on new.place = s.place and not new.is_established
  cross join lateral erc8004_trust_summary(
    s.stake,
    coalesce(old.reviewers, 0), coalesce(old.voices, 0), coalesce(old.weight, 0),
    coalesce(old.weighted, 0), coalesce(new.reviewers, 0), coalesce(new.voices, 0),
    coalesce(new.weight, 0), coalesce(new.weighted, 0)
  ) as t
  order by s.stake;
end;

-- Return from how many of the newest records of an agent the scores by tag are: so few that the answer
-- takes about as long for an agent with many.
create or replace function erc8004_records_by_tag() returns integer
language sql immutable parallel safe
return 100;

-- Return the scores of one agent by tag, from its newest records that are not revoked: the plain mean, and
-- what the rule makes of one voice per reviewer and tag. Its own records and those of a former owner's
-- time give no voice. Each client is looked up, once if it has a voice: an agent may have many others.
create or replace function erc8004_trust_by_tag(agent uuid, with_changes boolean) returns table (
  tag text,
  kind text,
  records bigint,
  reviewers bigint,
  average_score numeric,
  score numeric,
  low numeric,
  high numeric
)
language sql stable
begin atomic
  with owned as materialized (
    select erc8004_own_addresses(a.id) as own_addresses, a.owner_since as voices_since
    from erc8004_agents as a
    where a.id = agent
  ),
  newest as materialized (
    select
      coalesce(r.tag1, '') as tag,
      r.client_address,
      r.score,
      r.is_measurement,
      r.client_address <> all(o.own_addresses)
        and (o.voices_since is null or r.created_at >= o.voices_since) as has_voice
    from (
      select n.tag1, n.client_address, n.score, n.is_measurement, n.created_at
      from erc8004_reputation as n
      where n.agent_uuid = agent
        and not n.is_revoked
      order by n.created_at desc, n.id desc
      limit erc8004_records_by_tag()
    ) as r
    cross join owned as o
    where r.score is not null
  ),
  tags as materialized (
    select
      n.tag,
      case when bool_or(n.is_measurement) then 'measurement' else 'rating' end as kind,
      count(*) as records,
      round(avg(n.score), 2) as average_score
    from newest as n
    group by n.tag
    order by count(*) desc, n.tag
    limit 20
  ),
  voices as (
    select
      n.tag,
      n.client_address,
      erc8004_voice(sum((n.score * 100)::bigint)::bigint, count(*)) as voice
    from newest as n
    where n.has_voice
    group by n.tag, n.client_address
  ),
  weighed as (
    select
      v.tag,
      v.voice,
      coalesce(r.is_established, c.is_established, false) as is_established,
      erc8004_weight(
        greatest(
          coalesce(c.paid_usdc, 0) + coalesce(p.paid_usdc, 0) - coalesce(c.returned_usdc, 0), 0
        ),
        coalesce(c.is_reciprocal, false),
        coalesce(r.is_trusted, c.is_trusted, false),
        erc8004_public_stake()
      ) as weight
    from voices as v
    left join lateral (
      select
        k.paid_usdc, k.returned_usdc, k.voice, k.is_reciprocal, k.is_established, k.is_trusted
      from erc8004_client_counts as k
      where k.agent_uuid = agent
        and k.client_address = v.client_address
      limit 1
    ) as c on true
    left join lateral (
      select n.paid_usdc
      from erc8004_payers_changed(agent) as n
      where with_changes
        and n.client_address = v.client_address
    ) as p on true
    left join lateral (
      select k.is_established, k.is_trusted
      from erc8004_reviewers as k
      where k.client_address = v.client_address
        and c.voice is null
      limit 1
    ) as r on true
  ),
  sums as (
    select
      w.tag,
      count(*) filter (where w.is_established) as old,
      coalesce(sum(w.voice) filter (where w.is_established), 0) as old_voices,
      coalesce(sum(w.weight) filter (where w.is_established), 0) as old_weight,
      coalesce(sum(w.weight * w.voice) filter (where w.is_established), 0) as old_weighted,
      count(*) filter (where not w.is_established) as new,
      coalesce(sum(w.voice) filter (where not w.is_established), 0) as new_voices,
      coalesce(sum(w.weight) filter (where not w.is_established), 0) as new_weight,
      coalesce(sum(w.weight * w.voice) filter (where not w.is_established), 0) as new_weighted
    from weighed as w
    group by w.tag
  )
  select
    t.tag, t.kind, t.records, coalesce(s.old + s.new, 0), t.average_score, x.score, x.low, x.high
  from tags as t
  left join sums as s using (tag)
  left join lateral erc8004_trust_summary(
    erc8004_public_stake(), s.old, s.old_voices, s.old_weight, s.old_weighted, s.new, s.new_voices,
    s.new_weight, s.new_weighted
  ) as x on s.tag is not null
  order by t.records desc, t.tag;
end;

-- Return everything about the score of one agent as JSON, with the changes not folded yet if these are
-- asked for; no row if there is no such agent.
create or replace function erc8004_trust_report(agent uuid, with_changes boolean)
returns setof json
language sql stable
begin atomic
  select row_to_json(answer)
  from (
    select
      v.agent_uuid,
      v.chain,
      v.chain_id,
      v.caip2,
      erc8004_rule_version() as rule_version,
      (erc8004_public_stake() / 1000000.0)::numeric(20, 6)::text as stake_usdc,
      v.trust_level,
      round(v.score, 2)::float8 as score,
      round(v.score_low, 2)::float8 as score_low,
      round(v.score_middle, 2)::float8 as score_middle,
      round(v.score_high, 2)::float8 as score_high,
      v.average_score::float8 as average_score,
      (round(v.score, 2) - v.average_score)::float8 as difference,
      round(v.effective_reviewers, 2)::float8 as effective_reviewers,
      round(t.backed, 2)::float8 as backed_reviewers,
      round(t.backed_mean, 2)::float8 as backed_mean,
      round(t.unpaid_weight, 4)::float8 as unpaid_weight,
      round(t.unpaid_mean, 2)::float8 as unpaid_mean,
      t.reviewers,
      t.established_reviewers,
      t.reviewers - t.established_reviewers as new_reviewers,
      t.paying_reviewers,
      t.trusted_reviewers,
      t.reciprocal_reviewers,
      t.ratings,
      t.own_ratings,
      t.former_ratings,
      v.unscored_feedback,
      t.net_usdc::numeric(30, 6)::text as net_usdc,
      t.returned_usdc::numeric(30, 6)::text as returned_usdc,
      erc8004_timestamp(t.last_backed_at) as last_backed_at,
      v.successful_payments + v.failed_payments as settled_payments,
      v.success_rate::float8 as success_rate,
      erc8004_timestamp(a.owner_since) as owner_since,
      v.caveats,
      erc8004_not_computed(a.source, v.caveats) as not_computed,
      (
        select json_agg(
          json_build_object(
            'stake_usdc', (s.stake / 1000000.0)::numeric(20, 6)::text,
            'score', round(s.score, 2)::float8,
            'score_low', round(s.low, 2)::float8,
            'score_middle', round(s.middle, 2)::float8,
            'score_high', round(s.high, 2)::float8,
            'effective_reviewers', round(s.effective_reviewers, 2)::float8
          )
          order by s.stake
        )
        from erc8004_trust_by_stake(v.agent_uuid, with_changes) as s
      ) as by_stake,
      (
        select coalesce(
          json_agg(
            json_build_object(
              'tag', nullif(g.tag, ''),
              'kind', g.kind,
              'records', g.records,
              'reviewers', g.reviewers,
              'average_score', g.average_score::float8,
              'score', round(g.score, 2)::float8,
              'score_low', round(g.low, 2)::float8,
              'score_high', round(g.high, 2)::float8,
              'difference', (round(g.score, 2) - g.average_score)::float8
            )
            order by g.records desc, g.tag
          ),
          '[]'
        )
        from erc8004_trust_by_tag(v.agent_uuid, with_changes) as g
      ) as by_tag,
      (
        select json_agg(
          json_build_object(
            'low', (b.bin - 1) * 10,
            'high', b.bin * 10,
            'reviewers', b.reviewers,
            'paying_reviewers', b.paying_reviewers
          )
          order by b.bin
        )
        from (
          select
            g.bin,
            coalesce(sum(e.voice_counts[g.bin]), 0) as reviewers,
            coalesce(sum(e.paying_counts[g.bin]), 0) as paying_reviewers
          from generate_series(1, 10) as g (bin)
          left join erc8004_evidence_of(v.agent_uuid, with_changes) as e on true
          group by g.bin
        ) as b
      ) as histogram,
      erc8004_timestamp(now()) as as_of
    from erc8004_agent_stats_of(agent, with_changes) as v
    join erc8004_agents as a on a.id = v.agent_uuid
    cross join lateral erc8004_trust_of(v.agent_uuid, erc8004_public_stake_place(), with_changes) as t
  ) as answer;
end;

-- Return everything about the score of one agent as of now, as JSON; no row if there is no such agent.
create or replace function erc8004_trust_answer(agent uuid) returns setof json
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  if erc8004_are_changed(array[agent]) then
    return query select r.report from erc8004_trust_report(agent, true) as r (report);
  else
    return query select r.report from erc8004_trust_report(agent, false) as r (report);
  end if;
end;
$$;
