-- The trust level. Its thresholds are defined only here.

-- Return the trust level of an agent, the first that matches. If the success rate or the score is
-- unknown (null), the level is at most fair, and the other one alone decides between fair and poor.
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
