# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who follows a watch waits for changes, and ends when it is told to, whenever that is."""
from __future__ import annotations

import asyncio
import time

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.reflector import Pace
from ansible_collections.baremetal.generator.plugins.module_utils.watch import Follower, Watch


@pytest.mark.parametrize("ticks", range(6))
def test_a_follower_that_is_cancelled_while_a_change_comes_in_ends(ticks):
    """asyncio.wait_for of Python 3.11 forgets the cancellation then, and the source would go on for ever."""
    async def story() -> None:
        follower = Follower(Watch({}, Pace()), ())
        waiting = asyncio.create_task(follower.change(30))
        for _tick in range(3):
            await asyncio.sleep(0)
        follower.wake.set()
        for _tick in range(ticks):
            if waiting.done():
                return
            await asyncio.sleep(0)
        if waiting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await waiting
    asyncio.run(story())


def test_a_follower_waits_so_long_for_a_change_and_no_longer():
    async def story() -> None:
        follower, begin = Follower(Watch({}, Pace()), ()), time.monotonic()
        await follower.change(0.05)
        assert 0.04 < time.monotonic() - begin < 5
        follower.wake.set()
        await follower.change(30)
        await follower.change(-1)
        assert time.monotonic() - begin < 5
    asyncio.run(story())
