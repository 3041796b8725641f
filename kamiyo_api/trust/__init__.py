"""Trust reports and decisions; sql/functions/70_trust.sql computes the trust level."""
