# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals become SystemExit while something is to be closed, and are as before afterwards."""
from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.stopping import SIGNALS, stoppable


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_it_through_every_finally_and_a_second_one_does_not_disturb(number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in SIGNALS}
    closed = False
    with pytest.raises(SystemExit) as caught:
        with stoppable():
            try:
                os.kill(os.getpid(), number)
                signal.pause()
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                closed = True
    assert (caught.value.code, closed) == (128 + number, True)
    assert {one: signal.getsignal(one) for one in SIGNALS} == before
