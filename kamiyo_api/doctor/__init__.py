"""`flask doctor`: every diagnosis of the operations guide as a check that names its cure."""

from __future__ import annotations

from kamiyo_api.doctor.cures import fix
from kamiyo_api.doctor.examination import examine
from kamiyo_api.doctor.report import Report

__all__ = ["Report", "examine", "fix"]
