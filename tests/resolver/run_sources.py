# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in an environment of its own: the event sources, as one engine does, against one API. Standard library and the collection only."""
from __future__ import annotations

import asyncio
import json
import runpy
import sys
from pathlib import Path
from typing import Any

SECONDS = 60


async def story(folder: Path, arguments: dict[str, Any]) -> Any:
    """What is announced first, once every kind that they watch is listed. Raises what ends a source."""
    queue: asyncio.Queue[Any] = asyncio.Queue()
    heartbeat = Path(arguments["heartbeat_file"])
    sources = [asyncio.create_task(runpy.run_path(str(folder / f"{name}.py"))["main"](queue, arguments)) for name in ("generators", "buffer_check")]
    told = asyncio.create_task(asyncio.wait_for(both(queue, heartbeat), SECONDS))
    await asyncio.wait({*sources, told}, return_when=asyncio.FIRST_COMPLETED)
    for source in sources:
        if source.done():
            source.result()
        source.cancel()
    await asyncio.gather(*sources, return_exceptions=True)
    return told.result()


async def both(queue: asyncio.Queue[Any], heartbeat: Path) -> Any:
    """The first event, and a heartbeat that says that all is listed."""
    event = await queue.get()
    while True:
        kinds = json.loads(heartbeat.read_text(encoding="utf-8")).get("kinds", {}) if heartbeat.exists() else {}
        if len(kinds) >= 3 and all(kind["listed"] for kind in kinds.values()):
            return event
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(story(Path(sys.argv[1]), json.load(sys.stdin)))))
