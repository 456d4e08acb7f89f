"""The layouts that drafting was developed with: each stays right on mails not drafted from."""

import pytest

from bench.draft import measure
from bench.layouts import Layout, layouts


@pytest.mark.parametrize("layout", list(layouts("development")), ids=lambda layout: layout.name)
def test_a_layout_of_the_development_set(layout: Layout) -> None:
    score, _ = measure(layout, 1, given=False)
    assert score.wrong == []
    assert len(score.leads) == 6


def test_three_examples_with_values_given() -> None:
    for layout in list(layouts("development"))[::5]:
        score, _ = measure(layout, 3, given=True)
        assert score.wrong == []
