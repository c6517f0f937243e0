"""What a benchmark's comparison with the committed figures says."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import baselines


def figures(seconds, peer=None):
    return [
        {"metric": "a whole load", "unit": "s", "product": seconds, "peer": peer, "peer_name": "COPY"},
        {"metric": "bulk", "unit": "MB/s", "product": 50.0, "peer": None, "peer_name": ""},
        {"metric": "processes killed", "unit": "kills", "product": 60, "peer": None, "peer_name": ""},
    ]


@pytest.fixture
def committed(tmp_path):
    for seconds in (10.0, 10.4, 9.8, 10.1):
        baselines.accept("load", figures(seconds), "measured on a quiet machine", tmp_path)
    return tmp_path


def test_a_figure_like_those_committed_passes(committed):
    lines, worse = baselines.compare("load", figures(10.3), committed)
    assert not worse
    assert [line.split()[0] for line in lines] == ["pass", "pass"]


def test_a_slower_figure_is_a_regression(committed):
    lines, worse = baselines.compare("load", figures(16.0), committed)
    assert worse
    assert lines[0].startswith("warn         a whole load (s): Slower in this run: 16 , usually 10")


def test_a_lower_rate_is_a_regression(committed):
    slow = figures(10.0)
    slow[1]["product"] = 30.0
    assert baselines.compare("load", slow, committed)[1]


def test_without_committed_figures_of_this_host_there_is_no_baseline(committed):
    file = committed / "load.json"
    file.write_text(json.dumps({"another host": json.loads(file.read_text())[baselines.host_class()]}))
    lines, worse = baselines.compare("load", figures(99.0), committed)
    assert not worse
    assert all(line.startswith("no baseline") for line in lines)


def test_a_file_that_is_no_json_is_an_error(committed):
    (committed / "load.json").write_text("{")
    with pytest.raises(ValueError, match="bring it back from the repository"):
        baselines.compare("load", figures(10.0), committed)


def test_where_a_peer_was_measured_the_ratio_counts(committed):
    assert baselines.costs(figures(10.0, peer=5.0)) == {"a whole load by COPY": 2.0, "bulk (MB/s)": 0.02}
