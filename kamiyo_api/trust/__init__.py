"""The refresh of the statistics; the trust level itself is in sql/functions/70_trust.sql."""
