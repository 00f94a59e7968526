"""What holds for every test: log lines of ordinary work stay out of the captured output."""

from __future__ import annotations

import logging

import structlog

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
