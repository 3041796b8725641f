"""What HTTP 402 answers demand, in the versions of x402."""

from __future__ import annotations

from tests.support import factories

WALLET, OTHER = factories.address(), factories.address()
USDC_ON_BASE = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
V1 = {
    "scheme": "exact",
    "network": "base",
    "maxAmountRequired": "10000",
    "resource": "https://api.weather.example/forecast?city=Paris",
    "description": "The forecast",
    "mimeType": "application/json",
    "payTo": WALLET,
    "maxTimeoutSeconds": 60,
    "asset": USDC_ON_BASE,
    "outputSchema": None,
    "extra": {"name": "USD Coin", "version": "2"},
}
V2 = {
    "scheme": "exact",
    "network": "eip155:8453",
    "amount": "10000",
    "asset": USDC_ON_BASE,
    "payTo": WALLET.upper().replace("0X", "0x"),
    "maxTimeoutSeconds": 60,
    "extra": {"name": "USDC", "version": "2"},
}
SOLANA = V2 | {
    "network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    "payTo": "CKPKJWNdJEqa81x7CkZ14BVPiY6y16Sxs7owznqtWYp5",
}
RESOURCE = {"url": V1["resource"], "description": "", "mimeType": ""}
