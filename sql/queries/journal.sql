-- name: get_chain
-- Return a chain by its name, with its chain id.
select c.name, c.chain_id
from erc8004_chains as c
where c.name = %(chain)s;

-- name: insert_chain
-- Add a chain, with the registries that are given, else those that all mainnets or all testnets share.
insert into erc8004_chains
  (name, chain_id, is_testnet, identity_registry, reputation_registry, validation_registry)
select
  %(chain)s,
  %(chain_id)s,
  %(is_testnet)s,
  coalesce(%(identity)s, c.identity_registry),
  coalesce(%(reputation)s, c.reputation_registry),
  coalesce(%(validation)s, c.validation_registry)
from erc8004_chains as c
where c.name = case when %(is_testnet)s then 'sepolia' else 'ethereum' end
on conflict do nothing
returning name;

-- name: insert_registry
-- Add a registry of validations to a chain.
insert into erc8004_registries (chain, address, kind, identity_registry)
select c.name, %(address)s, 'validation', c.identity_registry
from erc8004_chains as c
where c.name = %(chain)s
on conflict do nothing;

-- name: update_first_block
-- Set the block in which the registries of a chain were deployed.
update erc8004_registries as r
set first_block = %(first_block)s
where r.chain = %(chain)s;

-- name: list_registries
-- Return the registries of a chain whose logs are read.
select r.address, r.kind, r.identity_registry, r.first_block
from erc8004_registries as r
where r.chain = %(chain)s
order by r.address
limit 1000;

-- name: get_cursor
-- Return how far a chain was read.
select
  c.from_block, c.read_block, c.read_hash, c.final_block, c.checked_block, c.projected_block,
  c.head_block, c.finality, c.range_size,
  array(
    select array[g.from_block, g.to_block]
    from erc8004_chain_gaps as g
    where g.chain = c.chain
      and g.to_block > c.checked_block
    order by g.from_block
    limit 100
  ) as gaps
from erc8004_chain_cursors as c
where c.chain = %(chain)s;

-- name: insert_cursor
-- Begin to read a chain at a block: everything before it counts as read. Another process may have
-- begun already.
insert into erc8004_chain_cursors (
  chain, from_block, read_block, read_hash, final_block, checked_block, projected_block, head_block,
  finality
)
values (
  %(chain)s, %(from_block)s, %(from_block)s - 1, %(read_hash)s, %(final_block)s,
  %(from_block)s - 1, %(from_block)s - 1, %(head_block)s, %(finality)s
)
on conflict do nothing;

-- name: update_read
-- Move the cursor of a chain to a block, unless another process moved it before.
update erc8004_chain_cursors as c
set
  read_block = %(to_block)s,
  read_hash = %(to_hash)s,
  final_block = greatest(c.final_block, %(final_block)s),
  head_block = %(head_block)s,
  range_size = %(range_size)s,
  read_at = now(),
  updated_at = now(),
  error_code = null,
  error_detail = null,
  error_at = null
where c.chain = %(chain)s
  and c.read_block = %(read_block)s
  and c.read_hash = %(read_hash)s;

-- name: update_tip
-- Store the newest and the final block of a chain of which everything was read.
update erc8004_chain_cursors as c
set
  final_block = greatest(c.final_block, %(final_block)s),
  head_block = %(head_block)s,
  read_at = now(),
  updated_at = now(),
  error_code = null,
  error_detail = null,
  error_at = null
where c.chain = %(chain)s;

-- name: update_checked
-- Move the checked block of a chain, which is final, unless another process moved it before.
update erc8004_chain_cursors as c
set
  checked_block = %(to_block)s,
  final_block = greatest(c.final_block, %(to_block)s),
  checked_at = now(),
  updated_at = now()
where c.chain = %(chain)s
  and c.checked_block = %(checked_block)s
  and c.read_block >= %(to_block)s;

-- name: update_unchecked
-- Move the checked block of a chain without logs back to the beginning, since its blocks were checked
-- by an answer that is not believed.
update erc8004_chain_cursors as c
set checked_block = c.from_block - 1, projected_block = c.from_block - 1, updated_at = now()
where c.chain = %(chain)s
  and not exists (
    select from erc8004_chain_logs as l
    where l.chain = c.chain
  );

-- name: update_final
-- Store that a block of a chain is final.
update erc8004_chain_cursors as c
set final_block = greatest(c.final_block, %(final_block)s), updated_at = now()
where c.chain = %(chain)s;

-- name: update_finality
-- Set when a block of a chain is final.
update erc8004_chain_cursors as c
set finality = %(finality)s, updated_at = now()
where c.chain = %(chain)s;

-- name: update_error
-- Store why the reading of a chain stopped.
update erc8004_chain_cursors as c
set
  error_code = %(code)s,
  error_detail = %(detail)s,
  error_at = now(),
  updated_at = now()
where c.chain = %(chain)s;

-- name: copy_logs
-- Load logs into the journal.
copy erc8004_chain_logs (
  chain, block_number, log_index, block_hash, transaction_hash, address, topics, data
)
from stdin with (format binary);

-- name: copy_blocks
-- Load the blocks behind logs.
copy erc8004_chain_blocks (chain, block_number, block_hash, parent_hash, block_time)
from stdin with (format binary);

-- name: insert_block
-- Store the block of a log that was missing, unless it is known.
insert into erc8004_chain_blocks (chain, block_number, block_hash, parent_hash, block_time)
values (
  %(chain)s, %(number)s, %(hash)s, %(parent)s, to_timestamp(%(time)s)
)
on conflict do nothing;

-- name: copy_logs_between
-- Write the logs of a range of blocks as copy_logs loads them, in the order of the chain.
copy (
  select
    l.chain, l.block_number, l.log_index, l.block_hash, l.transaction_hash, l.address, l.topics, l.data
  from erc8004_chain_logs as l
  where l.chain = %(chain)s
    and l.block_number between %(from_block)s and %(to_block)s
  order by l.block_number, l.log_index
)
to stdout with (format binary);

-- name: list_logs
-- Return the logs of a range of blocks.
select
  l.block_number, l.log_index, l.block_hash, l.transaction_hash, l.address, l.topics, l.data
from erc8004_chain_logs as l
where l.chain = %(chain)s
  and l.block_number between %(from_block)s and %(to_block)s
order by l.block_number, l.log_index
limit 1000000;

-- name: list_blocks
-- Return the newest blocks that are known up to a block, the newest first.
select b.block_number, b.block_hash
from erc8004_chain_blocks as b
where b.chain = %(chain)s
  and b.block_number <= %(to_block)s
order by b.block_number desc
limit %(limit)s;

-- name: get_block
-- Return the hash of a block, if it is known.
select b.block_hash
from erc8004_chain_blocks as b
where b.chain = %(chain)s
  and b.block_number = %(number)s;

-- name: delete_logs_above
-- Delete the logs of the blocks above one.
delete from erc8004_chain_logs as l
where l.chain = %(chain)s
  and l.block_number > %(block)s;

-- name: delete_blocks_above
-- Delete the blocks above one.
delete from erc8004_chain_blocks as b
where b.chain = %(chain)s
  and b.block_number > %(block)s;

-- name: delete_bare_blocks
-- Delete the blocks of a range that hold no logs: they were needed until they were final.
delete from erc8004_chain_blocks as b
where b.chain = %(chain)s
  and b.block_number between %(from_block)s and %(to_block)s
  and not exists (
    select from erc8004_chain_logs as l
    where l.chain = b.chain
      and l.block_number = b.block_number
  );

-- name: delete_logs_between
-- Delete the logs of a range of blocks.
delete from erc8004_chain_logs as l
where l.chain = %(chain)s
  and l.block_number between %(from_block)s and %(to_block)s;

-- name: get_cursor_for_update
-- Return how far a chain was read and why its reading stopped, and let nobody move its cursor until the
-- transaction ends.
select c.checked_block, c.final_block, c.error_code, c.error_detail
from erc8004_chain_cursors as c
where c.chain = %(chain)s
for no key update;

-- name: insert_gap
-- Record blocks that are not read, and why.
insert into erc8004_chain_gaps (chain, from_block, to_block, reason)
values (%(chain)s, %(from_block)s, %(to_block)s, %(reason)s)
on conflict do nothing;

-- name: upsert_counts
-- Add to the counts of what happened while a chain was read.
insert into erc8004_chain_counts (chain, kind, label, total)
select %(chain)s, added.kind, added.label, added.total
from unnest(%(kinds)s::text[], %(labels)s::text[], %(totals)s::bigint[])
  as added (kind, label, total)
on conflict (chain, kind, label) do update
set total = erc8004_chain_counts.total + excluded.total, last_at = now();

-- name: get_gaps
-- Return whether there are blocks of a chain that were not read.
select exists (
  select from erc8004_chain_gaps as g
  where g.chain = %(chain)s
) as has_gaps;

-- name: get_any_log
-- Return whether there are logs of a chain in the journal.
select exists (
  select from erc8004_chain_logs as l
  where l.chain = %(chain)s
) as has_logs;
