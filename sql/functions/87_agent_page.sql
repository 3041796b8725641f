-- What the plots and the lists on the page of an agent show. Each function reads a bounded number of rows, whatever the
-- history. PL/pgSQL caches its plan.

-- Return what stands behind the score of an agent: how many reviewers say what, in ten steps from 0 to
-- 100, those who left money with it, and the others; its reviewers, those who left money first, then
-- others, of the first `most_voices`; and what the trust in it was on the newest `most_days` days on which
-- it changed.
create or replace function erc8004_page_evidence(
  agent uuid, most_reviewers bigint, most_voices bigint, most_days bigint
)
returns table (
  voices jsonb,
  reviewers jsonb,
  history jsonb
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with steps as (
    select
      s.step,
      coalesce(sum(e.paying_counts[s.step]), 0)::bigint as paid,
      coalesce(sum(e.voice_counts[s.step] - e.paying_counts[s.step]), 0)::bigint as unpaid
    from generate_series(1, 10) as s (step)
    left join erc8004_evidence as e on e.agent_uuid = agent
    group by s.step
  ),
  listed as (
    select
      l.client_address,
      l.voice / 100.0 as voice,
      l.net_usdc,
      l.returned_usdc,
      l.is_paid,
      l.is_reciprocal,
      l.is_established,
      l.is_trusted,
      l.weight,
      l.last_rating_at
    from (
      select
        c.client_address,
        c.voice,
        c.net_usdc,
        c.returned_usdc,
        c.net_usdc > 0 or c.is_trusted as is_paid,
        c.is_reciprocal,
        c.is_established,
        c.is_trusted,
        erc8004_weight(c.net_usdc, c.is_reciprocal, c.is_trusted, erc8004_public_stake())
          / erc8004_public_stake()::float8 as weight,
        c.last_rating_at
      from (
        (
          select
            p.client_address, p.voice, p.net_usdc, p.returned_usdc, p.is_reciprocal, p.is_established,
            p.is_trusted, p.last_rating_at
          from erc8004_client_counts as p
          where p.agent_uuid = agent
            and p.voice is not null
            and (p.net_usdc > 0 or p.is_trusted)
          order by p.last_rating_at desc, p.client_address
          limit most_reviewers
        )
        union all
        (
          select
            u.client_address, u.voice, u.net_usdc, u.returned_usdc, u.is_reciprocal, u.is_established,
            u.is_trusted, u.last_rating_at
          from (
            select
              f.client_address, f.voice, f.net_usdc, f.returned_usdc, f.is_reciprocal,
              f.is_established, f.is_trusted, f.last_rating_at
            from erc8004_client_counts as f
            where f.agent_uuid = agent
              and f.voice is not null
            order by f.client_address
            limit most_voices
          ) as u
          where not (u.net_usdc > 0 or u.is_trusted)
          order by u.client_address
          limit most_reviewers
        )
      ) as c
    ) as l
    order by l.is_paid desc, l.weight desc, l.last_rating_at desc, l.client_address
    limit most_reviewers
  ),
  days as (
    select
      h.day, h.trust_level, h.score, h.score_low, h.score_high, h.paying_reviewers
    from erc8004_trust_history as h
    where h.agent_uuid = agent
    order by h.day desc
    limit most_days
  )
  select
    (
      select jsonb_build_object(
        'paid', array_agg(s.paid order by s.step),
        'unpaid', array_agg(s.unpaid order by s.step),
        'counted', sum(s.paid + s.unpaid)
      )
      from steps as s
    ) as voices,
    (
      select coalesce(
        jsonb_agg(
          to_jsonb(l)
          order by l.is_paid desc, l.weight desc, l.last_rating_at desc, l.client_address
        ),
        '[]'
      )
      from listed as l
    ) as reviewers,
    (select coalesce(jsonb_agg(to_jsonb(d) order by d.day), '[]') from days as d) as history;
end;
$$;

-- Return how the newest feedback of an agent came, by month and by tag, and how its newest payments did,
-- by day if they are of sixty days, else by week: of so many records at most. And how many of its newest
-- validations are answered, with their mean.
create or replace function erc8004_page_courses(agent uuid, most bigint, most_steps bigint)
returns table (
  records bigint,
  months jsonb,
  tags jsonb,
  step text,
  paid_records bigint,
  paid jsonb,
  checked jsonb
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with records as (
    select r.score, r.tag1, r.created_at
    from erc8004_reputation as r
    where r.agent_uuid = agent
      and not r.is_revoked
    order by r.created_at desc, r.id desc
    limit most
  ),
  months as (
    select
      to_char(date_trunc('month', r.created_at at time zone 'UTC'), 'YYYY-MM') as month,
      count(r.created_at) as records,
      round(avg(r.score), 1)::float8 as average
    from records as r
    group by 1
    order by 1 desc
    limit 24
  ),
  tags as (
    select
      left(coalesce(r.tag1, ''), 64) as tag,
      count(r.created_at) as records,
      round(avg(r.score), 1)::float8 as average
    from records as r
    group by 1
    order by 2 desc, 1
    limit 50
  ),
  payments as materialized (
    select p.status, p.amount_usdc, p.created_at at time zone 'UTC' as created_at
    from erc8004_agent_payments as p
    where p.agent_uuid = agent
    order by p.created_at desc, p.id desc
    limit most
  ),
  span as (
    select
      case
        when max(p.created_at) - min(p.created_at) > interval '60 days' then 'week'
        else 'day'
      end as step,
      count(p.created_at) as records
    from payments as p
  ),
  buckets as (
    select
      date_trunc(s.step, p.created_at)::date as day,
      count(p.status) filter (where p.status = 'verified') as verified,
      count(p.status) filter (where p.status in ('failed', 'rejected')) as failed,
      count(p.status) filter (where p.status = 'pending') as pending,
      coalesce(sum(p.amount_usdc) filter (where p.status = 'verified'), 0) as verified_usdc,
      coalesce(sum(p.amount_usdc) filter (where p.status <> 'verified'), 0) as other_usdc
    from payments as p
    cross join span as s
    group by 1
    order by 1 desc
    limit most_steps
  ),
  validations as (
    select v.response
    from erc8004_validations as v
    where v.agent_uuid = agent
    order by v.created_at desc, v.id desc
    limit most
  )
  select
    (select count(r.created_at) from records as r) as records,
    (select coalesce(jsonb_agg(to_jsonb(m) order by m.month), '[]') from months as m) as months,
    (
      select coalesce(jsonb_agg(to_jsonb(t) order by t.records desc, t.tag), '[]') from tags as t
    ) as tags,
    s.step,
    s.records as paid_records,
    (select coalesce(jsonb_agg(to_jsonb(b) order by b.day), '[]') from buckets as b) as paid,
    (
      select jsonb_build_object(
        'count', count(*),
        'completed', count(v.response),
        'mean', round(avg(v.response), 2)
      )
      from validations as v
    ) as checked
  from span as s;
end;
$$;

-- Return the newest records about an agent by kind, as its page shows them: feedback, payments,
-- validations, owners and metadata. Long texts are cut.
create or replace function erc8004_page_records(agent uuid, most bigint, longest integer)
returns table (
  feedback jsonb,
  payments jsonb,
  validations jsonb,
  owners jsonb,
  metadata jsonb
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with feedback as (
    select
      r.id, r.created_at, r.client_address, r.score, left(r.tag1, 64) as tag1,
      left(r.tag2, 64) as tag2, left(r.file_uri, longest) as file_uri, r.source
    from erc8004_reputation as r
    where r.agent_uuid = agent
      and not r.is_revoked
    order by r.created_at desc, r.id desc
    limit most
  ),
  payments as (
    select
      p.id, p.created_at, p.payer_address, p.amount_usdc, p.status, p.tx_hash,
      left(p.endpoint, longest) as endpoint
    from erc8004_agent_payments as p
    where p.agent_uuid = agent
    order by p.created_at desc, p.id desc
    limit most
  ),
  validations as (
    select
      v.id, v.created_at, v.validator_address, v.response, left(v.tag, 64) as tag,
      case when v.status = 'pending' and v.expires_at <= now() then 'expired' else v.status end
        as status
    from erc8004_validations as v
    where v.agent_uuid = agent
    order by v.created_at desc, v.id desc
    limit most
  ),
  owners as (
    select o.owner_address, o.from_time, o.to_time, o.from_block, o.from_log_index
    from erc8004_ownership_epochs as o
    where o.agent_uuid = agent
    order by o.from_block desc, o.from_log_index desc
    limit most
  ),
  metadata as (
    select
      e.key,
      translate(encode(substring(e.value for longest), 'base64'), E'\n', '') as value
    from erc8004_metadata_of(agent, null, most) as e
  )
  select
    (
      select coalesce(jsonb_agg(to_jsonb(f) order by f.created_at desc, f.id desc), '[]')
      from feedback as f
    ) as feedback,
    (
      select coalesce(jsonb_agg(to_jsonb(p) order by p.created_at desc, p.id desc), '[]')
      from payments as p
    ) as payments,
    (
      select coalesce(jsonb_agg(to_jsonb(v) order by v.created_at desc, v.id desc), '[]')
      from validations as v
    ) as validations,
    (
      select coalesce(
        jsonb_agg(to_jsonb(o) order by o.from_block desc, o.from_log_index desc), '[]'
      )
      from owners as o
    ) as owners,
    (
      select coalesce(jsonb_agg(jsonb_build_object('key', m.key, 'value', m.value) order by m.key), '[]')
      from metadata as m
    ) as metadata;
end;
$$;
