-- The agents that a payment may be for, found by the address to pay or by the URL that demands it.

-- Return the query of agents that name a URL, a path above it or what is below it; null if it has none.
create or replace function erc8004_url_query(url text) returns tsquery
language sql immutable parallel safe
begin atomic
  select nullif(concat_ws(' | ', erc8004_place_query(url, false), above.query), '')::tsquery
  from (
    select
      string_agg(
        erc8004_quoted_word(array_to_string(path.steps[:depth.depth], '/')), ' | '
      ) as query
    from (
      select string_to_array(split_part(erc8004_place_word(url), '?', 1), '/') as steps
    ) as path
    cross join lateral generate_series(2, least(cardinality(path.steps), 20)) as depth (depth)
  ) as above;
end;

-- Return up to 51 agents that claim a wallet, or the host of a URL, and which of these claims are
-- proved: a wallet that the registry of the chain names has signed, a host that names the agent proves
-- it. An owner proves nothing, as anybody may send a token to an address. Of an agent with a host,
-- names_url says whether its file names the URL, or a path above it.
create or replace function erc8004_payees(wallet text, paid_chain text, url text, host text)
returns table (
  agent_uuid uuid,
  proved text[],
  names_url boolean
)
language plpgsql stable
set enable_seqscan = off
as $$
begin
  return query
  with found as materialized (
    (
      select a.id, case when a.chain = paid_chain then 'agent_wallet' end as proof
      from erc8004_agents as a
      where a.agent_wallet = wallet
        and a.source = 'chain'
        and wallet <> '0x0000000000000000000000000000000000000000'
      order by a.chain <> paid_chain, a.id
      limit 51
    )
    union all
    (
      select d.agent_uuid, 'domain'
      from erc8004_file_fetches as d
      where d.domain = host
        and d.reference = 'verified'
        and erc8004_is_verified(d.reference, d.is_checked)
      order by d.agent_uuid
      limit 51
    )
    union all
    (
      select m.agent_uuid, null
      from erc8004_agent_metadata as m
      where m.key = 'agentWallet'
        and m.value = decode(right(wallet, 40), 'hex')
      order by m.agent_uuid
      limit 11
    )
    union all
    (
      select s.agent_uuid, null
      from erc8004_agent_search as s
      where s.owner_address = wallet
      order by s.registered_at, s.agent_uuid
      limit 11
    )
    union all
    (
      select s.agent_uuid, null
      from erc8004_agent_search as s
      where s.words @@ (erc8004_quoted_word(erc8004_wallet_word(wallet)))::tsquery
      limit 11
    )
    union all
    (
      select s.agent_uuid, null
      from erc8004_agent_search as s
      where s.words @@ erc8004_url_query(url)
      limit 11
    )
    union all
    (
      select s.agent_uuid, null
      from erc8004_agent_search as s
      where s.words @@ erc8004_quoted_word(erc8004_host_word(erc8004_place_word(url)))::tsquery
      limit 11
    )
  ),
  each_once as (
    select f.id, array_remove(array_agg(distinct f.proof), null) as proofs
    from found as f
    group by f.id
  ),
  named as (
    select
      e.id,
      e.proofs,
      exists (
        select
        from unnest((erc8004_claims(a.registration_file)).places) as c (place)
        cross join lateral (
          select erc8004_place_word(c.place) as claimed, erc8004_place_word(url) as asked
        ) as word
        where length(word.claimed) > length(erc8004_host_word(word.claimed))
          and (
            word.asked = word.claimed
            or starts_with(word.asked, word.claimed || '/')
            or starts_with(word.asked, word.claimed || '?')
          )
      ) as names_url
    from each_once as e
    join erc8004_agents as a on a.id = e.id
  )
  select n.id, n.proofs, n.names_url
  from named as n
  order by cardinality(n.proofs) desc, n.names_url desc, n.id
  limit 51;
end;
$$;
