"""Print every new trade signal as it is found: ``python examples/follow_signals.py``.

Goes on over restarts of the orchestrator. ``--count`` ends it after so many. Needs running services: ``wyckoff up``.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing

from wyckoff.chart.labels import pattern_name
from wyckoff.client import WyckoffClient
from wyckoff.orchestrator.v1.orchestrator_pb2 import EVENT_KIND_SIGNAL_GENERATED


async def main(orchestrator: str, after_event_id: str, count: int) -> None:
    async with WyckoffClient.connect(orchestrator) as client:
        events = client.follow_events(kinds=[EVENT_KIND_SIGNAL_GENERATED], after_event_id=after_event_id)
        async with aclosing(events):
            async for told in events:
                if told.gap or told.dropped_count:
                    print("some signals passed by unseen: list_signals has them", flush=True)
                signal = told.event.signal_generated.signal
                print(
                    f"{told.event.event_id} {signal.symbol} {signal.timeframe} {pattern_name(signal.pattern_type)} "
                    f"entry {signal.entry_price} stop {signal.stop_loss}",
                    flush=True,
                )
                count -= 1
                if count == 0:
                    return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orchestrator", default="127.0.0.1:50050", metavar="HOST:PORT")
    parser.add_argument("--after", default="", metavar="EVENT_ID", help="begin behind this event")
    parser.add_argument("--count", type=int, default=0, help="end after so many; 0 goes on")
    options = parser.parse_args()
    asyncio.run(main(options.orchestrator, options.after, options.count))
