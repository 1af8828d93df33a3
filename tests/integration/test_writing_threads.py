# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread of the quick door that writes to stderr never waits for the lock that ansible-core 2.16 to 2.18 leave held in a worker."""
from __future__ import annotations

import multiprocessing
import sys
import threading

import pytest
from ansible.utils.display import Display
from ansible_collections.baremetal.generator.plugins.plugin_utils.output import threads_may_write
from tests.fixtures.site import Site

LONG, IN_VAIN = 60.0, 0.5             # seconds; the second is waited out for something that can never come


def write_from_a_thread(seconds: float) -> bool:
    """Whether it came back."""
    lock = Display()._lock  # pylint: disable=protected-access

    def write() -> None:
        with lock:                          # as stdout and stderr are wrapped
            sys.stderr.flush()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


@pytest.mark.of_ansible
@pytest.mark.parametrize("mended", [True, False])
def test_a_worker_that_was_forked_while_the_display_was_locked(mended: bool) -> None:
    """As core does it; without the mending the thread waits, so this test would see it."""
    context = multiprocessing.get_context("fork")
    heard = context.SimpleQueue()

    def work() -> None:
        if not mended:
            heard.put(write_from_a_thread(IN_VAIN))
            return
        with threads_may_write():
            heard.put(write_from_a_thread(LONG))

    with Display()._lock:  # pylint: disable=protected-access
        worker = context.Process(target=work)
        worker.start()
    assert heard.get() is mended
    worker.join()


def test_a_manager_whose_certificate_is_not_checked_answers(site: Site, door: str) -> None:
    """Through both doors, without a warning for each request."""
    for name, server, manager in (("one", "hpe-node-03", 0), ("two", "dell-node-03", 1)):
        site.generator(name, {"serverName": server})
        site.variables["generator_managers"][manager].update(validate_certs=False, ca_path=None)
    run = site.run("onboard", door).succeeded()
    assert {site.status(name)["phase"] for name in ("one", "two")} == {"Completed"}, run.output
    assert "InsecureRequestWarning" not in run.output and "Unverified" not in run.output
