-- The sums of the evidence: what the voices of the clients of an agent add to them.

-- Return the place of a voice in a histogram, from 1 for 0 to under 10 points to 10 for 90 to 100.
create or replace function erc8004_voice_bin(voice integer) returns integer
language sql immutable parallel safe
return least(voice / 1000, 9) + 1;

-- Set the voices of the clients of agents in erc8004_pair_changes, or of all of them, to their current
-- values; add the differences to the sums, or write the sums that differ. Return the agents whose sums
-- changed.
create or replace function erc8004_count_evidence(from_history boolean) returns setof uuid
language sql
set plan_cache_mode = force_custom_plan
set enable_mergejoin = off
as $$
  with deleted as (
    delete from erc8004_pair_changes returning agent_uuid, client_address
  ),
  changed as materialized (
    select distinct d.agent_uuid, d.client_address
    from deleted as d
    where not from_history
  ),
  known as (
    select
      c.agent_uuid, c.client_address, c.rating_count, c.rating_sum, c.paid_usdc, c.voice, c.net_usdc,
      c.returned_usdc, c.is_reciprocal, c.is_established, c.is_trusted
    from changed as p
    join erc8004_client_counts as c using (agent_uuid, client_address)
    union all
    select
      c.agent_uuid, c.client_address, c.rating_count, c.rating_sum, c.paid_usdc, c.voice, c.net_usdc,
      c.returned_usdc, c.is_reciprocal, c.is_established, c.is_trusted
    from erc8004_client_counts as c
    where from_history
      and (
        c.rating_count > 0
        or (
          c.voice, c.net_usdc, c.returned_usdc, c.is_reciprocal, c.is_established, c.is_trusted
        ) is distinct from (null, 0, 0, false, false, false)
      )
  ),
  -- From history, only clients who are a party themselves are looked up: few are.
  parties as materialized (
    select distinct own.address
    from erc8004_feedback_counts as f
    cross join lateral unnest(f.own_addresses) as own (address)
    where from_history
  ),
  pairs as materialized (
    select
      c.agent_uuid,
      c.client_address,
      c.voice as old_voice,
      c.net_usdc as old_net_usdc,
      c.returned_usdc as old_returned_usdc,
      c.is_reciprocal as was_reciprocal,
      c.is_established as was_established,
      c.is_trusted as was_trusted,
      now.voice,
      case when now.voice is null then 0 else greatest(c.paid_usdc - now.returned_usdc, 0) end
        as net_usdc,
      now.returned_usdc,
      now.is_reciprocal,
      coalesce(now.voice is not null and r.is_established, false) as is_established,
      coalesce(now.voice is not null and r.is_trusted, false) as is_trusted
    from known as c
    left join erc8004_feedback_counts as f using (agent_uuid)
    left join erc8004_reviewers as r using (client_address)
    left join parties as o on o.address = c.client_address
    cross join lateral (
      select
        erc8004_voice(c.rating_sum, c.rating_count) as voice,
        back.returned_usdc,
        mutual.is_reciprocal
      from erc8004_returned_usdc(
        case when c.rating_count > 0 and c.paid_usdc > 0 then f.own_addresses end, c.client_address
      ) as back
      cross join erc8004_is_reciprocal(
        case
          when c.rating_count > 0 and (o.address is not null or not from_history)
          then f.own_addresses
        end,
        c.client_address
      ) as mutual
    ) as now
  ),
  counted as (
    update erc8004_client_counts as c
    set
      voice = p.voice,
      net_usdc = p.net_usdc,
      returned_usdc = p.returned_usdc,
      is_reciprocal = p.is_reciprocal,
      is_established = p.is_established,
      is_trusted = p.is_trusted
    from pairs as p
    where c.agent_uuid = p.agent_uuid
      and c.client_address = p.client_address
      and (
        p.voice, p.net_usdc, p.returned_usdc, p.is_reciprocal, p.is_established, p.is_trusted
      ) is distinct from (
        p.old_voice, p.old_net_usdc, p.old_returned_usdc, p.was_reciprocal, p.was_established,
        p.was_trusted
      )
  ),
  parts as (
    select
      p.agent_uuid, -1 as sign, p.old_voice as voice, p.old_net_usdc as net_usdc,
      p.old_returned_usdc as returned_usdc, p.was_reciprocal as is_reciprocal,
      p.was_established as is_established, p.was_trusted as is_trusted
    from pairs as p
    where p.old_voice is not null
      and not from_history
    union all
    select
      p.agent_uuid, 1, p.voice, p.net_usdc, p.returned_usdc, p.is_reciprocal, p.is_established,
      p.is_trusted
    from pairs as p
    where p.voice is not null
  ),
  weighed as (
    select
      p.agent_uuid,
      p.is_established,
      p.sign,
      p.voice,
      erc8004_voice_bin(p.voice) as bin,
      p.net_usdc,
      p.returned_usdc,
      p.is_trusted,
      p.is_reciprocal and not p.is_trusted as is_reciprocal,
      erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[1]) as w1,
      erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[2]) as w2,
      erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[3]) as w3,
      erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[4]) as w4,
      erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[5]) as w5,
      erc8004_weight(p.net_usdc, p.is_reciprocal, p.is_trusted, (erc8004_stakes())[6]) as w6
    from parts as p
  ),
  sums as materialized (
    select
      w.agent_uuid,
      w.is_established,
      sum(w.sign) as reviewers,
      sum(w.sign * w.voice) as voices,
      coalesce(sum(w.sign) filter (where w.net_usdc > 0), 0) as paying,
      coalesce(sum(w.sign) filter (where w.is_trusted), 0) as trusted,
      coalesce(sum(w.sign) filter (where w.is_reciprocal), 0) as reciprocal,
      sum(w.sign * w.net_usdc) as net_usdc,
      sum(w.sign * w.returned_usdc) as returned_usdc,
      array[
        sum(w.sign * w.w1),
        sum(w.sign * w.w2),
        sum(w.sign * w.w3),
        sum(w.sign * w.w4),
        sum(w.sign * w.w5),
        sum(w.sign * w.w6)
      ]::numeric[] as weights,
      array[
        sum(w.sign * w.w1 * w.voice),
        sum(w.sign * w.w2 * w.voice),
        sum(w.sign * w.w3 * w.voice),
        sum(w.sign * w.w4 * w.voice),
        sum(w.sign * w.w5 * w.voice),
        sum(w.sign * w.w6 * w.voice)
      ]::numeric[] as weighted_voices,
      array[
        coalesce(sum(w.sign) filter (where w.bin = 1), 0),
        coalesce(sum(w.sign) filter (where w.bin = 2), 0),
        coalesce(sum(w.sign) filter (where w.bin = 3), 0),
        coalesce(sum(w.sign) filter (where w.bin = 4), 0),
        coalesce(sum(w.sign) filter (where w.bin = 5), 0),
        coalesce(sum(w.sign) filter (where w.bin = 6), 0),
        coalesce(sum(w.sign) filter (where w.bin = 7), 0),
        coalesce(sum(w.sign) filter (where w.bin = 8), 0),
        coalesce(sum(w.sign) filter (where w.bin = 9), 0),
        coalesce(sum(w.sign) filter (where w.bin = 10), 0)
      ]::numeric[] as voice_counts,
      array[
        coalesce(sum(w.sign) filter (where w.bin = 1 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 2 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 3 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 4 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 5 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 6 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 7 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 8 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 9 and w.net_usdc > 0), 0),
        coalesce(sum(w.sign) filter (where w.bin = 10 and w.net_usdc > 0), 0)
      ]::numeric[] as paying_counts
    from weighed as w
    group by w.agent_uuid, w.is_established
  ),
  lost as (
    delete from erc8004_evidence as e
    where from_history
      and not exists (
        select
        from sums as s
        where s.agent_uuid = e.agent_uuid
          and s.is_established = e.is_established
      )
  )
  insert into erc8004_evidence as e (
    agent_uuid, is_established, reviewers, voices, paying, trusted, reciprocal, net_usdc,
    returned_usdc, weights, weighted_voices, voice_counts, paying_counts
  )
  select
    s.agent_uuid, s.is_established, s.reviewers, s.voices, s.paying, s.trusted, s.reciprocal,
    s.net_usdc, s.returned_usdc, s.weights, s.weighted_voices, s.voice_counts, s.paying_counts
  from sums as s
  left join erc8004_evidence as k
    on k.agent_uuid = s.agent_uuid
    and k.is_established = s.is_established
    and from_history
  where (
      s.reviewers, s.voices, s.paying, s.trusted, s.reciprocal, s.net_usdc,
      s.returned_usdc, s.weights, s.weighted_voices, s.voice_counts, s.paying_counts
    ) is distinct from (
      k.reviewers, k.voices, k.paying, k.trusted, k.reciprocal, k.net_usdc,
      k.returned_usdc, k.weights, k.weighted_voices, k.voice_counts, k.paying_counts
    )
  on conflict on constraint pk__erc8004_evidence do update
  set
    reviewers = excluded.reviewers + case when from_history then 0 else e.reviewers end,
    voices = excluded.voices + case when from_history then 0 else e.voices end,
    paying = excluded.paying + case when from_history then 0 else e.paying end,
    trusted = excluded.trusted + case when from_history then 0 else e.trusted end,
    reciprocal = excluded.reciprocal + case when from_history then 0 else e.reciprocal end,
    net_usdc = excluded.net_usdc + case when from_history then 0 else e.net_usdc end,
    returned_usdc = excluded.returned_usdc + case when from_history then 0 else e.returned_usdc end,
    weights = case when from_history then excluded.weights else array(
      select a.one + a.other
      from unnest(e.weights, excluded.weights)
        with ordinality as a (one, other, place)
      order by a.place
    ) end,
    weighted_voices = case when from_history then excluded.weighted_voices else array(
      select a.one + a.other
      from unnest(e.weighted_voices, excluded.weighted_voices)
        with ordinality as a (one, other, place)
      order by a.place
    ) end,
    voice_counts = case when from_history then excluded.voice_counts else array(
      select a.one + a.other
      from unnest(e.voice_counts, excluded.voice_counts)
        with ordinality as a (one, other, place)
      order by a.place
    ) end,
    paying_counts = case when from_history then excluded.paying_counts else array(
      select a.one + a.other
      from unnest(e.paying_counts, excluded.paying_counts)
        with ordinality as a (one, other, place)
      order by a.place
    ) end
  returning e.agent_uuid;
$$;
