-- Say of each payment who brought it, an import or a client.

alter table erc8004_agent_payments
  add column source text not null default 'api',
  add constraint ck__erc8004_agent_payments__source check (source in ('import', 'api'));

-- Only an import could mark a text. Nothing else tells the payments apart that were imported before:
-- they stay `api` until an import says something new of them. Nothing that is counted changes.
alter table erc8004_agent_payments disable trigger user;
update erc8004_agent_payments
set source = 'import'
where unstorable is not null;
alter table erc8004_agent_payments enable trigger user;
