-- The agents that match the filters of a search; the queries in search.sql and search_by_relevance.sql
-- share these parts.

-- part: settings
-- What a search sets for its transaction. What it reads is in memory, where a page costs a few times what
-- a row costs: PostgreSQL would read whole indexes of filters that many agents match, to save pages. The
-- places of half a million agents fit in the memory of one step, so that it checks none of them twice.
set local random_page_cost = 0.2; set local seq_page_cost = 0.2; set local work_mem = '16MB';

-- part: has_texts
-- Whether an agent matches the filters by the texts of its file: service, q, skill, domain, endpoint
-- and wallet. A wallet in q is found as the filter wallet finds it: as owner, as agent wallet or in the
-- file. Of many agents with that agent wallet, a binary search in their uuids finds whether a row is one;
-- the second condition says the same to the index.
(%(service)s::text is null or s.services @> array[lower(%(service)s::text)])
and (
  %(q)s::text is null
  or s.words @@ %(words_of_rank_3)s::tsquery
  or (
    %(wallet_in_q)s::text is not null
    and s.owner_address = %(wallet_in_q)s::text
  )
  or (
    %(wallet_in_q)s::text is not null
    and (select w.of_q from wallets as w)[
      width_bucket(s.agent_uuid, (select w.of_q from wallets as w))
    ] = s.agent_uuid
    and s.agent_uuid = any((select w.of_q from wallets as w)::uuid[])
  )
)
and (
  %(skill)s::text is null
  or (s.skill_words <> '{}' and s.skill_words @> array[erc8004_skill_word(%(skill)s)])
)
and (
  %(domain)s::text is null
  or (s.domain_words <> '{}' and s.domain_words @> array[erc8004_skill_word(%(domain)s)])
)
and (%(endpoint)s::text is null or s.words @@ erc8004_place_query(%(endpoint)s, false)::tsquery)
and (
  %(wallet)s::text is null
  or s.owner_address = %(wallet)s
  or s.words @@ ('$' || %(wallet)s)::tsquery
  or (
    (select w.of_wallet from wallets as w)[
      width_bucket(s.agent_uuid, (select w.of_wallet from wallets as w))
    ] = s.agent_uuid
    and s.agent_uuid = any((select w.of_wallet from wallets as w)::uuid[])
  )
)

-- part: is_by_text
-- Whether a search has a filter by texts.
coalesce(%(service)s, %(q)s, %(skill)s, %(domain)s, %(endpoint)s, %(wallet)s) is not null

-- part: matching
-- The agents with the wallet that q or the filter wallet is as their agent wallet; and
-- the agents that match every given filter, with the columns of the given sort: its figure or
-- time, then the time of registration, then the uuid. Parameters arrive as literals, so the
-- planner removes every filter and sort that is not given, and chooses the index by the rest. An
-- agent is known if it has a value to sort by; whether it comes after the cursor is computed
-- separately for known and other agents, because these use different indexes. The filters by texts
-- are not applied here, but by the readers of this part: directly, or by matches_text, which hides
-- them from the planner. Because the planner assumes that few agents match them, a filter that half
-- of all agents match is then hidden behind an expression that no index has. With has_labels, the
-- index of words finds none of the agents whose labels say that they do not match.
wallets as materialized (
  select
    array(
      select w.agent_uuid
      from erc8004_agent_metadata as w
      where w.key = 'agentWallet'
        and w.value = decode(right(%(wallet_in_q)s::text, 40), 'hex')
      order by w.agent_uuid
      limit 10001
    ) as of_q,
    array(
      select w.agent_uuid
      from erc8004_agent_metadata as w
      where w.key = 'agentWallet'
        and w.value = decode(right(%(wallet)s, 40), 'hex')
      order by w.agent_uuid
      limit 10001
    ) as of_wallet
),
matching as not materialized (
  select
    s.agent_uuid,
    s.services,
    s.words,
    s.skill_words,
    s.domain_words,
    s.owner_address,
    s.registered_at,
    s.chain,
    s.trust_level,
    s.status,
    s.claimed,
    s.is_testnet,
    s.verified,
    case %(driving_column)s
      when 'score' then s.score
      when 'average_score' then s.average_score
      when 'effective_reviewers' then s.effective_reviewers
      when 'success_rate' then s.success_rate
    end as driving_score,
    case %(driving_column)s
      when 'total_feedback' then s.total_feedback
      when 'paying_reviewers' then s.paying_reviewers
    end as driving_count,
    coalesce({has_texts}, false) as matches_text,
    (
      (%(service)s::text is null or s.labels @> array[lower(%(service)s::text)])
      and (
        %(trust_level)s::text[] is null
        or 'new' = any(%(trust_level)s::text[])
        or s.labels && %(trust_level)s::text[]
      )
      and (%(x402)s::boolean is not true or s.labels @> array['x402'])
      and (%(verified)s::boolean is not true or s.labels @> array['verified'])
      and (%(claimed)s::boolean is not true or s.labels @> array['claimed'])
      and (%(testnet)s::boolean is not true or s.labels @> array['testnet'])
      and (
        %(min_reputation_score)s::numeric is null
        or s.labels && erc8004_labels_of_percent('score', %(min_reputation_score)s)
      )
      and (
        %(min_average_score)s::numeric is null
        or s.labels && erc8004_labels_of_percent('average_score', %(min_average_score)s)
      )
      and (
        %(min_success_rate)s::numeric is null
        or s.labels && erc8004_labels_of_percent('success_rate', %(min_success_rate)s)
      )
      and (
        coalesce(%(min_feedback)s::bigint, 0) < 1
        or s.labels && erc8004_labels_of_count('total_feedback', %(min_feedback)s)
      )
      and (
        coalesce(%(min_effective_reviewers)s::numeric, 0) < 1
        or s.labels && erc8004_labels_of_count('effective_reviewers', %(min_effective_reviewers)s)
      )
      and (
        coalesce(%(min_paying_reviewers)s::bigint, 0) < 1
        or s.labels && erc8004_labels_of_count('paying_reviewers', %(min_paying_reviewers)s)
      )
    ) as has_labels,
    case %(sort)s
      when 'total_feedback' then s.total_feedback
      when 'total_payments' then s.total_payments
    end as count_up,
    case %(sort)s
      when '-total_feedback' then s.total_feedback
      when '-total_payments' then s.total_payments
    end as count_down,
    case %(sort)s
      when 'reputation_score' then s.score
      when 'average_score' then s.average_score
    end as score_up,
    case %(sort)s
      when '-reputation_score' then s.score
      when '-average_score' then s.average_score
    end as score_down,
    case
      when %(sort)s = 'last_activity_at' then s.last_activity_at
      when left(%(sort)s, 1) <> '-' and %(sort)s <> 'relevance' then s.registered_at
    end as time_up,
    case
      when %(sort)s = '-last_activity_at' then s.last_activity_at
      when left(%(sort)s, 1) = '-' or %(sort)s = 'relevance' then s.registered_at
    end as time_down,
    case
      when left(%(sort)s, 1) = '-' or %(sort)s = 'relevance' then s.agent_uuid
    end as uuid_down,
    case ltrim(%(sort)s, '-')
      when 'total_feedback' then s.total_feedback > 0
      when 'total_payments' then s.total_payments > 0
      when 'reputation_score' then s.score is not null
      when 'average_score' then s.average_score is not null
      else true
    end as is_known,
    %(after_uuid)s::uuid is null
      or case %(sort)s
        when 'registered_at' then
          (s.registered_at, s.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-registered_at' then
          (s.registered_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'last_activity_at' then
          (s.last_activity_at, s.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-last_activity_at' then
          (s.last_activity_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'total_feedback' then
          (s.total_feedback, s.registered_at, s.agent_uuid)
          > (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-total_feedback' then
          (s.total_feedback, s.registered_at, s.agent_uuid)
          < (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'total_payments' then
          (s.total_payments, s.registered_at, s.agent_uuid)
          > (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-total_payments' then
          (s.total_payments, s.registered_at, s.agent_uuid)
          < (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'reputation_score' then
          (s.score, s.registered_at, s.agent_uuid)
          > (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'average_score' then
          (s.average_score, s.registered_at, s.agent_uuid)
          > (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-reputation_score' then
          (s.score, s.registered_at, s.agent_uuid)
          < (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-average_score' then
          (s.average_score, s.registered_at, s.agent_uuid)
          < (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
      end as is_known_after,
    case
      when %(after_uuid)s::uuid is null then true
      when %(is_after_known)s then %(sort)s not in ('total_feedback', 'total_payments')
      when left(%(sort)s, 1) = '-' then
        (s.registered_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
      else
        (s.registered_at, s.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
    end as is_unknown_after
  from erc8004_agent_search as s
  where (%(owner_address)s::text is null or s.owner_address = %(owner_address)s)
    and (%(chain)s::text is null or s.chain = %(chain)s)
    and (%(registry_address)s::text is null or s.registry_address = %(registry_address)s)
    and (%(agent_id)s::numeric is null or s.agent_id = %(agent_id)s)
    and (%(status)s::text is null or s.status = %(status)s)
    and (%(claimed)s::boolean is null or s.claimed = %(claimed)s)
    and (%(active)s::boolean is null or s.active = %(active)s)
    and (%(testnet)s::boolean is null or s.is_testnet = %(testnet)s)
    and (%(trust_level)s::text[] is null or s.trust_level = any(%(trust_level)s::text[]))
    and (
      %(min_reputation_score)s::numeric is null
      or case
        when %(min_reputation_score)s < 50
          and {is_by_text}
        then coalesce(s.score, -1)
        else s.score
      end >= %(min_reputation_score)s::numeric
    )
    and (
      %(min_average_score)s::numeric is null
      or case
        when %(min_average_score)s < 50
          and {is_by_text}
        then coalesce(s.average_score, -1)
        else s.average_score
      end >= %(min_average_score)s::numeric
    )
    and (
      %(min_effective_reviewers)s::numeric is null
      or s.effective_reviewers >= %(min_effective_reviewers)s::numeric
    )
    and (
      %(min_paying_reviewers)s::bigint is null
      or s.paying_reviewers >= %(min_paying_reviewers)s::bigint
    )
    and (%(min_success_rate)s::numeric is null or s.success_rate >= %(min_success_rate)s)
    and (
      %(min_feedback)s::bigint is null
      or case
        when %(min_feedback)s < 2
          and {is_by_text}
        then s.total_feedback + 0
        else s.total_feedback
      end >= %(min_feedback)s
    )
    and (
      %(x402)s::boolean is null
      or case
        when {is_by_text}
        then s.x402::integer = %(x402)s::boolean::integer
        else s.x402 = %(x402)s
      end
    )
    and (
      %(verified)s::boolean is null
      or case
        when {is_by_text}
        then s.verified::integer = %(verified)s::boolean::integer
        else s.verified = %(verified)s
      end
    )
)
