# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of event sources: what cannot be used is refused in one sentence that names the source and the argument."""
from __future__ import annotations

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.source_options import SourceOptions


@pytest.mark.parametrize(("args", "sentence"), [
    ({"retry_seconds": "soon"}, "buffer_check: 'retry_seconds' must be a number of seconds, 1 or more, not 'soon'"),
    ({"retry_seconds": True}, "buffer_check: 'retry_seconds' must be a number of seconds, 1 or more, not 'True'"),
    ({"relist_seconds": 1}, "buffer_check: 'relist_seconds' must be a number of seconds, 10 or more, not '1'"),
    ({"interval_seconds": "nan"}, "buffer_check: 'interval_seconds' must be a number of seconds, 1 or more, not 'nan'"),
    ({"interval_seconds": "inf"}, "buffer_check: 'interval_seconds' must be a number of seconds, 1 or more, not 'inf'"),
    ({"interval_seconds": [30]}, "buffer_check: 'interval_seconds' must be a number of seconds, 1 or more, not '[30]'"),
    ({"port": 70000}, "buffer_check: 'port' must be a port from 1 to 65535, not '70000'"),
    ({"port": "http"}, "buffer_check: 'port' must be a port from 1 to 65535, not 'http'"),
    ({"port": 80.5}, "buffer_check: 'port' must be a port from 1 to 65535, not '80.5'"),
    ({"host": "0.0.0.0"}, "buffer_check: 'host' says where to listen and needs 'port' as well; the API server's address is 'kubernetes_host'"),
    ({"kubeconfig": 7}, "buffer_check: 'kubeconfig' must be a string, not '7'"),
    ({"api_key": ["hidden"]}, "buffer_check: 'api_key' must be a string"),
    ({"validate_certs": "perhaps"}, "buffer_check: 'validate_certs' must be true or false, not 'perhaps'"),
    ({"heartbeat_file": "/no/such/folder/beat"}, "buffer_check: 'heartbeat_file' must be a file in a folder that exists, not '/no/such/folder/beat'"),
])
def test_what_cannot_be_used_is_refused(args, sentence):
    with pytest.raises(InvalidArgument) as refused:
        SourceOptions.parse("buffer_check", args)
    assert str(refused.value) == sentence


def test_an_unknown_argument_is_named_with_those_that_there_are():
    with pytest.raises(InvalidArgument, match=r"^generators: there is no argument 'intervall': it takes api_key, .*validate_certs$"):
        SourceOptions.parse("generators", {"intervall": 3})
    with pytest.raises(InvalidArgument, match="there is no argument 'interval_seconds'"):
        SourceOptions.parse("generators", {"interval_seconds": 3})


def test_words_from_a_rulebooks_variables_are_read_as_what_they_mean(tmp_path):
    options = SourceOptions.parse("buffer_check", {
        "interval_seconds": "5", "retry_seconds": 2.5, "port": "8080", "host": "0.0.0.0", "validate_certs": "no", "kubernetes_host": "https://api",
        "kubeconfig": "", "context": None, "heartbeat_file": str(tmp_path / "beat"), "eda_feedback_queue": object(),
    })
    assert (options.interval_seconds, options.retry_seconds, options.port, options.host) == (5.0, 2.5, 8080, "0.0.0.0")
    assert options.connection == {"validate_certs": False, "host": "https://api"}


def test_nothing_has_to_be_given():
    options = SourceOptions.parse("generators", {})
    assert (options.retry_seconds, options.relist_seconds, options.port, options.heartbeat_file, options.connection) == (30, 600, None, None, {})
