# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module was called with is shown without what may be a secret, wherever it was written."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import ADMIT_ARGS, OME_ARGS, RESOLVE_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.showing import HIDDEN, secrets_of_urls, shown, without_userinfo

SECRET = "s3cr:t/@x"


@pytest.mark.parametrize(("spec", "options"), [
    (RESOLVE_ARGS, {"managers": [{"name": "a", "passwort": SECRET}]}),
    (RESOLVE_ARGS, {"managers": [{"name": "a", "password": SECRET}]}),
    (RESOLVE_ARGS, {"managers": [SECRET]}),
    (RESOLVE_ARGS, {"managers": SECRET}),
    (RESOLVE_ARGS, {"managers": {"password": SECRET}}),
    (RESOLVE_ARGS, {"pasword": SECRET}),
    (RESOLVE_ARGS, {"profiles": [{"bmc_password": SECRET}]}),
    (RESOLVE_ARGS, {"managers": [{"name": "a", "domains": {"b": SECRET}}]}),
    (ADMIT_ARGS, {"bmc_credentials": [{"name": "HP", "login": {"pass": SECRET}}]}),
    (ADMIT_ARGS, {"bmc_credentials": [{"name": "HP", "login": SECRET}]}),
    (ADMIT_ARGS, {"assume": [{"x": SECRET}]}),
    (OME_ARGS, {"proxy": f"http://me:{SECRET}@proxy:3128"}),
    (OME_ARGS, {"url": f"https://me:{SECRET}@ome"}),
])
def test_no_secret_is_shown(spec: Any, options: Any) -> None:
    assert SECRET not in str(shown(spec, options))


def test_the_rest_is_shown_as_it_is() -> None:
    options = {"url": "https://ome", "username": "u", "password": "x", "names": ["a", "b"], "ca_path": None, "manager_seconds": 20.0, "validate_certs": True}
    assert shown(OME_ARGS, options) == {**options, "password": HIDDEN}


@pytest.mark.parametrize(("text", "expected"), [
    (f"no way through http://me:{SECRET}@proxy:3128/x today", f"no way through http://{HIDDEN}@proxy:3128/x today"),
    ("https://ome.example.com/a", "https://ome.example.com/a"), ("me@example.com", "me@example.com"),
])
def test_a_url_loses_its_user(text: str, expected: str) -> None:
    assert without_userinfo(text) == expected


def test_passwords_of_urls_are_known_by_themselves() -> None:
    assert SECRET in set(secrets_of_urls({"managers": [{"proxy": f"http://me:{SECRET}@proxy"}]}))
