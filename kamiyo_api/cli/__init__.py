"""The `flask` commands: each parses its options, calls a function and prints the result."""

from __future__ import annotations

from flask import Flask

from kamiyo_api.cli import chains, database, keys, loading, operations, resolving, reviewers, trust

COMMANDS = (
    database.migrate,
    database.refresh_stats,
    trust.explain_trust,
    reviewers.trusted_reviewers,
    *loading.import_commands,
    loading.demo_data,
    resolving.resolve_files,
    keys.api_keys,
    chains.index_chain,
    chains.index_chains,
    chains.audit_chain,
    chains.chains,
    operations.examine,
    operations.collect,
)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
