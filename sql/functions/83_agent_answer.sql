-- The JSON body of one agent. PL/pgSQL caches its plan, which takes four times as long to make as to run.

-- Return the body of GET /agents/{uuid}: the agent with its registration file and a summary of its
-- statistics, as of the last refresh; no row if there is no such agent.
create or replace function erc8004_agent_answer(agent uuid) returns setof text
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select row_to_json(answer)::text
  from (
    select
      a.id as agent_uuid,
      a.agent_id::text as agent_id,
      a.chain,
      c.chain_id,
      'eip155:' || c.chain_id as caip2,
      a.registry_address,
      'eip155:' || c.chain_id || ':' || a.registry_address as agent_registry,
      a.owner_address,
      a.token_uri,
      a.registration_file::json as registration_file,
      a.status,
      a.claimed,
      a.tx_hash,
      a.block_number,
      erc8004_timestamp(a.created_at) as registered_at,
      erc8004_timestamp(a.updated_at) as updated_at,
      erc8004_timestamp(s.last_activity_at) as last_activity_at,
      s.total_feedback,
      s.average_score::float8 as average_score,
      s.total_payments,
      s.success_rate::float8 as success_rate,
      s.trust_level,
      s.score::float8 as score,
      s.score_low::float8 as score_low,
      s.score_high::float8 as score_high,
      s.effective_reviewers::float8 as effective_reviewers,
      s.paying_reviewers,
      s.caveats
        || array_remove(
          array[case when c.is_testnet then 'TESTNET' end, case when a.claimed then 'CLAIMED' end],
          null
        ) as caveats,
      erc8004_timestamp(erc8004_stats_as_of()) as as_of,
      s.active,
      s.services,
      k.skills,
      k.domains,
      a.unstorable::json as unstorable,
      a.source,
      a.agent_wallet,
      erc8004_timestamp(a.owner_since) as owner_since,
      case
        when a.source = 'chain'
        then (select p.projected_block from erc8004_chain_cursors as p where p.chain = a.chain)
      end as as_of_block,
      r.status as registration_status,
      r.reason as registration_reason,
      r.sha256 as registration_sha256,
      r.is_checked as registration_checked,
      case
        when r.status = 'resolved' then r.reference
        when r.status is not null then 'not_resolved'
      end as registration_reference,
      erc8004_timestamp(r.resolved_at) as resolved_at,
      erc8004_is_verified(
        case when r.status = 'failed' then 'not_resolved' else r.reference end, r.is_checked
      ) as verified,
      d.domain,
      case when d.status = 'failed' then 'not_resolved' else d.reference end as domain_proof,
      d.reason as domain_reason,
      c.is_testnet
    from erc8004_agents as a
    join erc8004_chains as c on c.name = a.chain
    join erc8004_agent_search as s on s.agent_uuid = a.id
    left join erc8004_file_fetches as r on r.agent_uuid = a.id and r.kind = 'registration'
    left join erc8004_file_fetches as d on d.agent_uuid = a.id and d.kind = 'domain'
    cross join lateral erc8004_skills(a.registration_file) as k
    where a.id = agent
  ) as answer;
end;
$$;
