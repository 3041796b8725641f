-- name: upsert_trusted
-- Trust reviewers, or change the notes of those who are trusted already; return how many are new.
with upserted as (
  insert into erc8004_trusted_reviewers as t (client_address, note)
  select distinct on (given.client_address) given.client_address, given.note
  from unnest(%(addresses)s::text[], %(notes)s::text[]) with ordinality
    as given (client_address, note, place)
  order by given.client_address, given.place desc
  on conflict on constraint pk__erc8004_trusted_reviewers do update
  set note = coalesce(excluded.note, t.note)
  returning xmax = 0 as is_new
)
select count(*) filter (where u.is_new) as added, count(*) as given from upserted as u;

-- name: delete_trusted
-- Trust a reviewer no more; return no row for one who was not trusted.
delete from erc8004_trusted_reviewers as t
where t.client_address = %(address)s
returning t.client_address;

-- name: list_trusted
-- Return the reviewers whom the operator trusts, those added last first, and whether a refresh has
-- counted them.
select
  t.client_address,
  t.note,
  t.added_at,
  coalesce(r.is_trusted, false) as is_counted,
  (
    select count(*)
    from erc8004_client_counts as c
    where c.client_address = t.client_address
      and c.voice is not null
  ) as agents
from erc8004_trusted_reviewers as t
left join erc8004_reviewers as r on r.client_address = t.client_address
order by t.added_at desc, t.client_address
limit 10000;

-- name: list_suggested
-- Return the wallets of valid keys in paid tiers that are not trusted, and how many agents each has
-- rated, those with the most first.
select k.wallet_address as client_address, k.names, rated.agents
from (
  select
    k.wallet_address, string_agg(distinct k.name, ', ' order by k.name) as names
  from api_keys as k
  where k.status = 'active'
    and k.tier <> 'free'
    and k.wallet_address is not null
    and coalesce(k.expires_at > now(), true)
  group by k.wallet_address
) as k
cross join lateral (
  select count(*) as agents
  from erc8004_client_counts as c
  where c.client_address = k.wallet_address
    and c.voice is not null
) as rated
where not exists (
  select from erc8004_trusted_reviewers as t where t.client_address = k.wallet_address
)
order by rated.agents desc, k.wallet_address
limit 1000;
