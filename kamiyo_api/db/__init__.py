"""PostgreSQL: named queries, transactions, and the connections behind them."""

from __future__ import annotations

from kamiyo_api.db.driver import CONSTRAINT_ERRORS, Row, row, rows
from kamiyo_api.db.transaction import (
    Confirmation,
    ConnectionLost,
    Transaction,
    in_transaction,
    takes_writes,
    transaction,
)

__all__ = [
    "CONSTRAINT_ERRORS",
    "Confirmation",
    "ConnectionLost",
    "Row",
    "Transaction",
    "in_transaction",
    "row",
    "rows",
    "takes_writes",
    "transaction",
]
