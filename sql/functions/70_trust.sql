-- The trust level. Its thresholds are here and nowhere else.

-- Return the trust level of an agent, the first that matches. An unknown half (null) does not lower
-- the level below fair, but no level above fair is reached without it.
create or replace function erc8004_trust_level(
  settled_payments bigint,
  success_rate numeric,
  average_score numeric
) returns text
language sql immutable parallel safe
return case
  when settled_payments = 0 and average_score is null then 'new'
  when settled_payments >= 10 and success_rate >= 95 and average_score >= 80 then 'excellent'
  when settled_payments >= 5 and success_rate >= 85 and average_score >= 70 then 'good'
  when coalesce(success_rate >= 75, true) and coalesce(average_score >= 60, true) then 'fair'
  else 'poor'
end;
