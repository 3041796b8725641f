-- How much of a journal one transaction projects.

-- Return the block after which a transaction ends: the first that brings the logs after a block to
-- either limit; null if they are fewer. The logs are read in the order of their key, whatever the
-- planner believes of a journal that grows faster than its statistics.
create or replace function erc8004_projection_end(
  followed text, after_block bigint, most_logs integer, most_bytes bigint
) returns bigint
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
begin
  return (
    select min(s.block_number)
    from (
      select
        l.block_number,
        row_number() over placed as place,
        sum(octet_length(l.data)) over placed as bytes
      from (
        select j.block_number, j.log_index, j.data
        from erc8004_chain_logs as j
        where j.chain = followed
          and j.block_number > after_block
        order by j.block_number, j.log_index
        limit most_logs
      ) as l
      window placed as (order by l.block_number, l.log_index rows unbounded preceding)
    ) as s
    where s.place = most_logs
      or s.bytes > most_bytes
  );
end;
$$;
