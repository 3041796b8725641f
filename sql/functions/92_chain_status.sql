-- How far each chain that is read has been read, checked and projected.

-- Return one row per chain that was ever read. The lag of a chain that was read completely is the time
-- since the last success, so that it grows if the provider is unavailable. The lag of any other chain is
-- the age of its last block that was read.
create or replace view v_erc8004_chain_status as
select
  c.chain,
  c.finality,
  c.from_block,
  c.head_block,
  c.read_block,
  c.final_block,
  c.checked_block,
  c.projected_block,
  greatest(c.head_block - c.read_block, 0) as lag_blocks,
  greatest(
    extract(
      epoch from now() - case
        when c.read_block >= c.head_block then c.read_at
        else least(newest.block_time, c.read_at)
      end
    ),
    0
  )::double precision as lag_seconds,
  c.read_at as last_success_at,
  least(c.checked_block, c.final_block) - c.projected_block as unprojected_blocks,
  case when least(c.checked_block, c.final_block) > c.projected_block
    then extract(epoch from now() - coalesce(c.projected_at, c.checked_at))::double precision
    else 0
  end as projection_lag_seconds,
  coalesce(counted.logs, 0)::bigint as logs,
  gaps.gap_count,
  gaps.gaps,
  c.error_code,
  c.error_detail,
  c.error_at,
  audit.audited_at,
  audit.block_number as audited_block,
  audit.outcome as audit_outcome,
  audit.agents as audit_agents,
  audit.answers as audit_answers,
  audit.differences as audit_differences,
  audit.unanswered as audit_unanswered,
  extract(epoch from now() - answered.audited_at)::double precision as audit_age_seconds,
  answered.differences
from erc8004_chain_cursors as c
left join lateral (
  select b.block_time
  from erc8004_chain_blocks as b
  where b.chain = c.chain
    and b.block_number <= c.read_block
  order by b.block_number desc
  limit 1
) as newest on true
left join lateral (
  select sum(case n.label when 'stored' then n.total else -n.total end) as logs
  from erc8004_chain_counts as n
  where n.chain = c.chain
    and n.kind = 'logs'
) as counted on true
left join lateral (
  select
    count(*) as gap_count,
    coalesce(
      jsonb_agg(
        jsonb_build_object(
          'from_block', g.from_block, 'to_block', g.to_block, 'reason', g.reason
        )
        order by g.from_block
      ) filter (where g.place <= 20),
      '[]'
    ) as gaps
  from (
    select
      p.from_block, p.to_block, p.reason, row_number() over (order by p.from_block desc) as place
    from erc8004_chain_gaps as p
    where p.chain = c.chain
  ) as g
) as gaps on true
left join lateral (
  select a.audited_at, a.block_number, a.outcome, a.agents, a.answers, a.differences, a.unanswered
  from erc8004_chain_audits as a
  where a.chain = c.chain
  order by a.audited_at desc
  limit 1
) as audit on true
left join lateral (
  select a.audited_at, a.differences
  from erc8004_chain_audits as a
  where a.chain = c.chain
    and a.outcome <> 'unasked'
  order by a.audited_at desc
  limit 1
) as answered on true;
