# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees of a demo: a live table on a terminal that fits it, one line per change elsewhere."""
from __future__ import annotations

import time

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tests.demo.view import Object, View, name, phase, state

COLOURS = {"Completed": "green", "Buffered": "yellow", "Failed": "red", "Processing": "cyan", "": "dim"}
FRAME_ROWS = 6          # title, header, rules, the buffer's line, what happens now
WIDE, WIDER = 110, 140  # columns from which MAC, and MAC and BMC address, fit
TOLD_STATES = ("available", "taken", "deleting")
RANK = {"": 0, "Processing": 0, "Failed": 1, "Buffered": 2, "Completed": 3}


def why(view: View, generator: Object) -> str:
    """What there is to say beside the phase: the place in line, the state of the host, or the reason."""
    status = generator.get("status") or {}
    if generator["metadata"].get("deletionTimestamp"):
        return status.get("message") or "being deleted"
    if phase(generator) == "Buffered":
        line = view.line()
        return f"{line.index(name(generator)) + 1} of {len(line)} in line"
    if phase(generator) == "Completed":
        return state(view.hosts.get(status.get("bmhName", "")))
    reasons = [condition["reason"] for condition in status.get("conditions", []) if condition["type"] == "Resolved" and condition["status"] != "True"]
    return ": ".join([*reasons, status.get("message") or ""]) if phase(generator) == "Failed" else status.get("message") or ""


class Screen:
    """Shows a View: call `changed` at each change, `say` for what happens next."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._begin = time.monotonic()
        self._view = View()
        self._now = ""
        self._live: Live | None = None
        self._touched: dict[str, float] = {}

    def say(self, text: str) -> None:
        """What happens now, for a person."""
        self._now = text
        if self._live:
            self._live.console.print(f"[bold]{self._seconds()}[/bold]  {text}", soft_wrap=True)
        else:
            self.console.print(f"{self._seconds()}  {text}", markup=False, soft_wrap=True)

    def open_table(self) -> None:
        """From now on a live table, where there is a terminal."""
        if self.console.is_terminal:
            self._live = Live(get_renderable=self._render, console=self.console, refresh_per_second=5, vertical_overflow="crop")
            self._live.start()

    def close_table(self) -> None:
        """The table's last state stays on the screen."""
        if self._live:
            self._live.stop()
            self._live = None

    def changed(self, view: View, kind: str, before: Object | None, item: Object) -> None:
        """One object changed. Without a terminal a line says what, when a person would care."""
        self._view = view
        self._touched[name(item)] = time.monotonic()
        if self._live or kind not in ("generators", "hosts"):
            return
        new = (phase(item), (item.get("status") or {}).get("bmhName")) if kind == "generators" else state(item)
        old = None if before is None else (phase(before), (before.get("status") or {}).get("bmhName")) if kind == "generators" else state(before)
        if new == old or kind == "hosts" and new not in TOLD_STATES:
            return
        what = f"{phase(item) or 'new':<10}" if kind == "generators" else f"host {state(item)}"
        more = why(view, item) if kind == "generators" else item["spec"]["bootMACAddress"]
        self.console.print(f"{self._seconds()}  {name(item):<14} {what}  {more}", markup=False, soft_wrap=True)

    def _seconds(self) -> str:
        return f"{time.monotonic() - self._begin:6.1f} s"

    def _rows(self, places: int) -> list[Object]:
        """All generators by name; when there is no room for all, those that tell most: changed lately, failed, waiting."""
        everyone = sorted(list(self._view.generators.values()), key=name)
        if len(everyone) <= places:
            return everyone
        telling = sorted(everyone, key=lambda item: (-self._touched.get(name(item), 0), RANK.get(phase(item), 0)))
        return sorted(telling[: max(places - 1, 1)], key=name)

    def _render(self) -> Group:
        width, height = self.console.size
        view = self._view
        rows = self._rows(height - FRAME_ROWS)
        table = Table(expand=True, box=None, pad_edge=False, title=None, header_style="bold")
        table.add_column("Generator", no_wrap=True, min_width=12)
        table.add_column("Phase", no_wrap=True, min_width=10)
        table.add_column("Why, or the host's state", no_wrap=True, overflow="ellipsis", ratio=1, min_width=24)
        table.add_column("Host", no_wrap=True, min_width=12)
        if width >= WIDE:
            table.add_column("MAC", no_wrap=True)
        if width >= WIDER:
            table.add_column("BMC", no_wrap=True)
        for item in rows:
            table.add_row(*self._cells(item, width))
        parts: list[Text | Table] = [self._head(), table]
        if len(rows) < len(view.generators):
            parts.append(Text(f"... and {len(view.generators) - len(rows)} more (a taller terminal shows all)", style="dim"))
        parts.append(Text(self._now, style="bold", no_wrap=True, overflow="ellipsis"))
        return Group(*parts)

    def _cells(self, item: Object, width: int) -> list[Text]:
        status = item.get("status") or {}
        there = status.get("bmhName", "") if status.get("bmhName") in self._view.hosts else ""
        cells = [Text(name(item)), Text(phase(item) or "new", style=COLOURS.get(phase(item), "")), Text(why(self._view, item)), Text(there)]
        if width >= WIDE:
            cells.append(Text(status.get("macAddress", "")))
        if width >= WIDER:
            cells.append(Text(status.get("ipmiAddress", "")))
        return cells

    def _head(self) -> Text:
        spec, status = self._view.buffer.get("spec") or {}, self._view.buffer.get("status") or {}
        held = len(self._view.occupying())
        return Text(
            f"buffer {name(self._view.buffer) if self._view.buffer else '-'}: {held} of {spec.get('maxAvailable', '-')} slots held, "
            f"{len(self._view.line())} wait, {len(status.get('reservations') or [])} entries open", style="bold reverse")
