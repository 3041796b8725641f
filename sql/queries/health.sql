-- name: get_alive
-- Whether the database answers at all; touches no table.
select true as is_alive;
