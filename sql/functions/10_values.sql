-- Values that tables and functions share: ids, times, positions on a chain.

-- Return a new time-ordered UUID (RFC 9562, version 7), so that indexes grow at their end. Its 74
-- random bits come from random(), which PostgreSQL seeds from the system: no id is a secret, and
-- gen_random_uuid() may open a file for each call.
create or replace function erc8004_uuid() returns uuid
language sql volatile parallel safe
return encode(
  substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
  || set_byte(
    set_byte(
      substring(int8send(floor(random() * 1099511627776)::bigint) from 4),
      0, 112 + floor(random() * 16)::integer
    ),
    2, 128 + floor(random() * 64)::integer
  )
  || substring(int8send(floor(random() * 1099511627776)::bigint) from 4),
  'hex'
)::uuid;

-- Return a time as the API writes it: RFC 3339 in UTC.
create or replace function erc8004_timestamp(moment timestamptz) returns text
language sql stable parallel safe
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Return the next number for an agent without an on-chain id, from 2^256 on: token ids are uint256,
-- so no registry can ever issue the same number.
create or replace function erc8004_local_agent_id() returns numeric
language sql volatile
return 115792089237316195423570985008687907853269984665640564039457584007913129639936
       + nextval('erc8004_local_agent_ids');

-- Return the position of a fact in the order of its chain: by block, then by position in the block.
-- A fact without a block comes before all others. Of two positions the lower is the older.
create or replace function erc8004_position(block_number bigint, log_index integer) returns bigint[]
language sql immutable parallel safe
return array[coalesce(block_number, -1), coalesce(log_index, -1)];

-- Return the marks of an agent's fields that are not stored as the chain has them, after an import line
-- with the given URI and marks. The line replaces the file. A URI that the line omits stays, with its mark,
-- unless the owner changes.
create or replace function erc8004_unstorable_after(
  marks jsonb,
  is_same_owner boolean,
  new_token_uri text,
  new_marks jsonb
)
returns jsonb
language sql immutable parallel safe
return case
  when marks is null then new_marks
  else nullif(
    case
      when is_same_owner and new_token_uri is null then marks - 'registration_file'
      else '{}'
    end || coalesce(new_marks, '{}'),
    '{}'
  )
end;

-- Return the marks of a row as an answer shows them. A list omits originals in hex that are longer than the
-- given length.
create or replace function erc8004_shown_marks(marks jsonb, longest integer) returns jsonb
language sql immutable parallel safe
return case
  when marks is not null then (
    select jsonb_object_agg(
      m.key, case when length(m.value ->> 'hex') > longest then m.value - 'hex' else m.value end
    )
    from jsonb_each(marks) as m (key, value)
  )
end;

-- Return whether a reported status of a payment is older than its stored status: pending is older than
-- every other status, and verified and rejected are final.
create or replace function erc8004_outdates(stored text, news text) returns boolean
language sql immutable parallel safe
return stored <> news and (news = 'pending' or stored in ('verified', 'rejected'));
