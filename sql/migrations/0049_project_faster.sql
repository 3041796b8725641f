-- How much of a journal one transaction projects follows from the logs that it reads.

drop function erc8004_projection_end(text, bigint, integer, bigint);
