"""Trading what the analysis says, as it was known at the time, and measuring it against doing without."""

from wyckoff.backtest.as_json import report_as_dict
from wyckoff.backtest.costs import Costs
from wyckoff.backtest.engine import Assess, Rules, walk
from wyckoff.backtest.page import write_page
from wyckoff.backtest.report import Report, make_report
from wyckoff.backtest.result import Market, Walk

__all__ = [
    "Assess",
    "Costs",
    "Market",
    "Report",
    "Rules",
    "Walk",
    "make_report",
    "report_as_dict",
    "walk",
    "write_page",
]
