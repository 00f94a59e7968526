"""What would have been said at each bar: the timeline of an analysis, and the proof that nothing was rewritten."""

from wyckoff.replay.entry import Entry, EntryKind
from wyckoff.replay.timeline import Timeline, build_timeline
from wyckoff.replay.verify import Rewrite, Verification, prefix_lengths, verify

__all__ = [
    "Entry",
    "EntryKind",
    "Rewrite",
    "Timeline",
    "Verification",
    "build_timeline",
    "prefix_lengths",
    "verify",
]
