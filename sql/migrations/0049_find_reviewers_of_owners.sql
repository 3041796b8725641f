-- Count who rates the agents of an owner, each once, over all of its agents and chains.
create index ix__erc8004_rated_parties__party
  on erc8004_rated_parties (party_address, client_address)
  where owned_agents > 0;
