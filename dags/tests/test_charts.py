import pytest
from made_up import trend

from epic_fhir.charts import HEIGHT, WIDTH, drawn, figure


def card(made):
    return next(card for cards in drawn([made]).values() for card in cards)


def test_what_is_odd_comes_first_and_the_worst_of_it_before_the_rest():
    states = ["PASS", "NO_BASELINE", "COULD_NOT_RUN", "WARN"]
    shown = drawn(trend(state, [1.0, 2.0], state) for state in states)
    assert [t["name"] for t in shown["odd"]] == ["WARN", "COULD_NOT_RUN"]
    assert [t["name"] for t in shown["new"]] == ["NO_BASELINE"]
    assert [t["name"] for t in shown["usual"]] == ["PASS"]


def test_points_go_from_left_to_right_and_higher_values_stand_higher():
    points = card(trend("a", [1.0, 3.0, 2.0]))["chart"]["points"]
    assert points[0]["x"] < points[1]["x"] < points[2]["x"]
    assert points[0]["y"] > points[2]["y"] > points[1]["y"]
    assert all(0 < p["x"] < WIDTH and 0 < p["y"] < HEIGHT for p in points)


def test_the_band_lies_inside_the_picture_even_where_no_point_is_in_it():
    made = card(trend("a", [1.0, 1.0], "WARN", band=[5.0, 9.0]))
    area = made["chart"]["band"]
    assert area["y"] > 0
    assert area["y"] + area["height"] < HEIGHT
    assert made["chart"]["points"][0]["y"] > area["y"] + area["height"]
    assert made["band"] == "5 to 9 ms"


def test_a_level_that_never_moved_is_a_line_in_the_middle():
    made = card(trend("a", [4.0, 4.0, 4.0], band=[4.0, 4.0]))
    assert {p["y"] for p in made["chart"]["points"]} == {HEIGHT / 2}
    assert made["chart"]["band"]["height"] == 1


def test_changes_keep_their_point_where_another_has_no_value():
    made = trend("a", [1.0, 1.0, 8.0, 8.0], changes=[2])
    made["points"][0]["value"] = None
    assert [p["change"] for p in card(made)["chart"]["points"]] == [False, True, False]


@pytest.mark.parametrize("values", [[], [3.0]])
def test_no_line_is_drawn_of_less_than_two_points(values):
    made = card(trend("a", values, "NO_BASELINE"))
    assert made["chart"] is None
    assert made["last"] == ("3 ms" if values else "–")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "ms", "–"),
        (0.034, "ms", "0.03 ms"),
        (12.34, "ms", "12.3 ms"),
        (14308.0, "", "14,308"),
        (-3.0, "rows", "-3 rows"),
        (84_300_000, "bytes", "84.3 MB"),
        (0, "bytes", "0 B"),
        (5e18, "bytes", "5,000,000 TB"),
    ],
)
def test_figures_have_three_digits_and_their_unit(value, unit, shown):
    assert figure(value, unit) == shown
