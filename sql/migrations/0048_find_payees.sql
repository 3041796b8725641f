-- Find agents by the wallet that their registry names, and by the host that names them.
create index ix__erc8004_agents__agent_wallet
  on erc8004_agents (agent_wallet)
  where agent_wallet is not null;

create index ix__erc8004_file_fetches__proved_domain
  on erc8004_file_fetches (domain)
  where reference = 'verified' and domain is not null;
