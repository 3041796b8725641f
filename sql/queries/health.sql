-- name: get_alive
-- Whether the database answers at all, and whether it is a replica or set to take no writes;
-- touches no table.
select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as is_read_only;
