-- name: get_alive
-- Return a row if the database answers, with whether it is a replica or read-only; reads no table.
select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as is_read_only;
