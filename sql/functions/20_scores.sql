-- How the value of a feedback becomes a score from 0 to 100, and which scores are positive and
-- negative: these thresholds are defined only here.

-- Return the score of a value on a scale: its position between the low and the high, from 0 to 100;
-- null if the value is outside. It is an expression, so that a statement over many rows computes it
-- without a call for each.
create or replace function erc8004_score_on(
  value numeric, value_decimals smallint, low numeric, high numeric
) returns numeric
language sql immutable parallel safe
return case
  when value * 0.1 ^ value_decimals between low and high
  then round((value * 0.1 ^ value_decimals - low) / (high - low) * 100, 2)
end;

-- Return the score of a value on the scale of its tag; null if the tag has no scale.
create or replace function erc8004_score(
  value numeric, value_decimals smallint, tag1 text
) returns numeric
language sql stable parallel safe
begin atomic
  select erc8004_score_on(value, value_decimals, scale.low, scale.high)
  from erc8004_tag_scales as scale
  where scale.tag = coalesce(tag1, '');
end;

-- Set the score of a new feedback from its value, and whether its tag is for measurements, whoever inserts
-- it (the API, COPY, psql). Feedback that was posted as a score already has it, and is a rating. Feedback
-- from a chain already has it, too: a call for each row would take as long as all the rest.
create or replace function erc8004_set_score() returns trigger
language plpgsql
as $$
begin
  select
    erc8004_score_on(new.value, new.value_decimals, scale.low, scale.high),
    scale.kind = 'measurement'
  into new.score, new.is_measurement
  from erc8004_tag_scales as scale
  where scale.tag = coalesce(new.tag1, '');
  new.is_measurement := coalesce(new.is_measurement, false);
  return new;
end;
$$;

create or replace trigger tr__erc8004_reputation__set_score
before insert on erc8004_reputation
for each row when (new.score is null and new.source <> 'chain')
execute function erc8004_set_score();

-- Return whether a score counts as positive feedback.
create or replace function erc8004_is_positive(score numeric) returns boolean
language sql immutable parallel safe
return score >= 80;

-- Return whether a score counts as negative feedback.
create or replace function erc8004_is_negative(score numeric) returns boolean
language sql immutable parallel safe
return score < 50;
