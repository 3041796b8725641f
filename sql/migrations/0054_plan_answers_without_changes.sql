-- Let answers leave out of their plans what reads changes that are not folded yet, if an agent has none.
-- The files in functions/ create these again, with one more parameter, and the last by another name.

drop function if exists erc8004_trust_by_stake;
drop function if exists erc8004_trust_by_tag;
drop function if exists erc8004_vouching;
drop function if exists erc8004_cheat_gain_usdc;
