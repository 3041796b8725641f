-- Let the projection of a chain do less for each row: it reads the logs themselves to see how many one
-- transaction projects, and what two foreign keys checked row by row, triggers check by the statement.

drop function if exists erc8004_projection_end;

alter table erc8004_reputation drop constraint fk__erc8004_reputation__chain;
alter table erc8004_ownership_epochs drop constraint fk__erc8004_ownership_epochs__agent;
