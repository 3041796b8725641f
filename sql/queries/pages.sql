-- The sections of the page of one agent, several to a query, each as JSON. Each reads a bounded number of
-- rows, whatever the history.

-- name: get_evidence
-- Return what stands behind the score of an agent: its ratings, its reviewers and the history of trust.
select e.voices, e.reviewers, e.history
from erc8004_page_evidence(
  %(agent_uuid)s, %(most_reviewers)s, %(most_voices)s, %(most_days)s
) as e;

-- name: get_courses
-- Return how the newest feedback, payments and validations of an agent came.
select c.records, c.months, c.tags, c.step, c.paid_records, c.paid, c.checked
from erc8004_page_courses(%(agent_uuid)s, %(most)s, %(most_steps)s) as c;

-- name: get_records
-- Return the newest records about an agent by kind.
select r.feedback, r.payments, r.validations, r.owners, r.metadata
from erc8004_page_records(%(agent_uuid)s, %(limit)s, %(longest)s) as r;
