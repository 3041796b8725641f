-- The trust level and the caveats. Their thresholds are defined only here.

-- Return the trust level of an agent, the first that matches. It depends on the ratings of paying reviewers
-- and of two imagined ones: the middle is the score if one of the two is satisfied and the other is not,
-- the high if both are satisfied. Evidence on a testnet proves nothing, so no agent there is more than
-- fair.
create or replace function erc8004_trust_level(
  settled_payments bigint,
  success_rate numeric,
  middle numeric,
  high numeric,
  is_testnet boolean
) returns text
language sql immutable parallel safe
return case
  when settled_payments = 0 and middle is null then 'new'
  when high < erc8004_poor_high() or (settled_payments >= 5 and success_rate < 75) then 'poor'
  when is_testnet then 'fair'
  when settled_payments >= 10 and success_rate >= 95 and middle >= 80 then 'excellent'
  when settled_payments >= 5 and success_rate >= 85 and middle >= erc8004_good_middle() then 'good'
  else 'fair'
end;

-- Return the caveats of a score as codes, always in this order. The codes are permanent.
create or replace function erc8004_caveats(
  reviewers bigint,
  established_reviewers bigint,
  paying_reviewers bigint,
  trusted_reviewers bigint,
  reciprocal_reviewers bigint,
  ratings bigint,
  own_ratings bigint,
  unscored_feedback bigint,
  returned_usdc numeric,
  backed numeric,
  backed_mean numeric,
  unpaid_reviewers numeric,
  unpaid_mean numeric,
  owner_since timestamptz,
  registered_at timestamptz,
  last_backed_at timestamptz,
  settled_payments bigint,
  success_rate numeric,
  is_testnet boolean,
  is_claimed boolean,
  as_of timestamptz
) returns text[]
language sql immutable parallel safe
return array_remove(
  array[
    case when reviewers = 0 then 'NO_REVIEWS' end,
    case when reviewers = 1 then 'ONE_REVIEWER' end,
    case when reviewers > 0 and backed = 0 then 'UNPAID_ONLY' end,
    case when reviewers > 0 and backed = 0 and established_reviewers = 0 then 'NEWCOMERS_ONLY' end,
    case when backed > 0 and paying_reviewers + trusted_reviewers < 3 then 'FEW_PAYING_REVIEWERS' end,
    case
      when backed >= 1 and unpaid_reviewers >= 1 and round(abs(unpaid_mean - backed_mean), 9) >= 30
      then 'UNPAID_DISAGREE'
    end,
    case when reviewers > 0 and ratings >= 10 * reviewers then 'REPEATED_RECORDS' end,
    case when reciprocal_reviewers > 0 then 'RECIPROCAL_REVIEWS' end,
    case when own_ratings > 0 then 'OWN_REVIEWS' end,
    case when returned_usdc > 0 then 'PAYMENTS_RETURNED' end,
    case when unscored_feedback > 0 then 'UNSCORED_RECORDS' end,
    case when owner_since > registered_at then 'OWNER_CHANGED' end,
    case when as_of - last_backed_at > erc8004_stale_time() then 'STALE' end,
    case when settled_payments = 0 then 'NO_PAYMENTS' end,
    case when settled_payments >= 5 and success_rate < 85 then 'PAYMENTS_FAIL' end,
    case when is_testnet then 'TESTNET' end,
    case when is_claimed then 'CLAIMED' end
  ],
  null
);

-- Return the codes of the caveats that this service cannot compute for an agent, each with the reason.
create or replace function erc8004_not_computed(source text, caveats text[]) returns jsonb
language sql immutable parallel safe
begin atomic
  select coalesce(
    jsonb_agg(jsonb_build_object('code', unknown.code, 'reason', unknown.reason) order by unknown.code),
    '[]'
  )
  from (
    values
      (
        'OWNER_CHANGED',
        source <> 'chain',
        'The chain of this agent is not read, so nobody knows since when it has its owner.'
      ),
      (
        'PAYMENTS_RETURNED',
        true,
        'Only payments that are recorded here are seen, not other transfers out of its wallets.'
      ),
      (
        'SHARED_FUNDER',
        true,
        'Who funded the wallets of reviewers is not read, so each address has a voice.'
      )
  ) as unknown (code, is_unknown, reason)
  where unknown.is_unknown
    and unknown.code <> all(caveats);
end;
