"""`flask doctor`: every diagnosis of the operations guide as a check that proposes a fix."""

from __future__ import annotations

from kamiyo_api.doctor.examination import examine
from kamiyo_api.doctor.fixes import fix
from kamiyo_api.doctor.report import Report

__all__ = ["Report", "examine", "fix"]
