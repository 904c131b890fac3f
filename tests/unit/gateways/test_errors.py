from __future__ import annotations

import pytest

from vallebot.gateways.whatsapp.errors import Remedy, remedy_for, retry_seconds


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (4, Remedy.RETRY), (130429, Remedy.RETRY), (131056, Remedy.RETRY), (131000, Remedy.RETRY),
        (131049, Remedy.RETRY_NEXT_DAY), (131047, Remedy.TEMPLATE_ONLY), (131030, Remedy.OTHER_NUMBER_FORM),
        (131026, Remedy.FINAL), (131050, Remedy.FINAL), (100, Remedy.BUG), (132001, Remedy.BUG),
        (132015, Remedy.TEMPLATE_PAUSED), (190, Remedy.STOP_LINE), (0, Remedy.STOP_LINE), (200, Remedy.STOP_LINE),
        (299, Remedy.STOP_LINE), (133010, Remedy.STOP_LINE), (132018, Remedy.BUG),
    ],
)  # fmt: skip
def test_each_code_has_its_remedy(code: int, remedy: Remedy) -> None:
    assert remedy_for(code) is remedy


def test_unknown_codes_follow_meta_s_own_word() -> None:
    assert remedy_for(999999, is_transient=True) is Remedy.RETRY
    assert remedy_for(999999) is Remedy.BUG


def test_the_pair_rate_limit_waits_four_to_the_n() -> None:
    assert [retry_seconds(131056, tries) for tries in (1, 2, 3)] == [4, 16, 64]
    assert retry_seconds(130429, 1) < retry_seconds(130429, 2) < retry_seconds(130429, 9)
