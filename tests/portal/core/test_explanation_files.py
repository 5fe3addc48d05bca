from pathlib import Path

import pytest

from portal.core.explanation_files import BadExplanation, read_explanations
from portal.core.explanations import DidItRun, Explanation, Retry, Who, by_code, make_known

FIELDS = {
    "title": '"No consent"',
    "meaning": '"Nobody consented."',
    "who": '"customer_administrator"',
    "fix": '"Consent."',
    "retry": '"after_fix"',
    "did_it_run": '"no"',
}


def written(tmp_path: Path, name: str = "no_consent", area: str = 'area = "Sign-in"', **changes: str | None) -> Path:
    fields = {**FIELDS, **changes}
    lines = [f"{field} = {value}" for field, value in fields.items() if value is not None]
    path = tmp_path / "failures.toml"
    path.write_text("\n".join([area, f"[{name}]", *lines]))
    return path


def test_reads_every_field(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        whole_partner="true",
        wait_seconds="30",
        failure_modes='["F1"]',
        links='["A page"]',
        texts='["consented"]',
        codes='{AADSTS65001 = "DelegationDoesNotExist"}',
    )

    assert read_explanations(path) == {
        "no_consent": Explanation(
            "no_consent",
            "No consent",
            "Nobody consented.",
            "Consent.",
            Retry.AFTER_FIX,
            Who.CUSTOMER_ADMINISTRATOR,
            DidItRun.NO,
            area="Sign-in",
            whole_partner=True,
            wait_seconds=30,
            codes=(("AADSTS65001", "DelegationDoesNotExist"),),
            texts=("consented",),
            failure_modes=("F1",),
            links=("A page",),
        )
    }


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"title": None}, "no_consent lacks title"),
        ({"title": '" "'}, "title is empty"),
        ({"meaning": "3"}, "meaning is empty or no text"),
        ({"severity": '"high"'}, "unknown field severity"),
        ({"who": '"somebody"'}, "known are you, partner_administrator"),
        ({"retry": '"perhaps"'}, "known are automatic"),
        ({"did_it_run": '"perhaps"'}, "known are no, yes, maybe"),
        ({"whole_partner": '"yes"'}, "whole_partner is no bool"),
        ({"wait_seconds": "true"}, "wait_seconds is no int"),
        ({"failure_modes": '["1"]'}, "numbered as F1"),
        ({"links": '"A page"'}, "links is no list"),
        ({"codes": '["AADSTS65001"]'}, "codes is no dict"),
        ({"codes": '{AADSTS65001 = ""}'}, "AADSTS65001 is empty"),
        ({"name": "No-Consent"}, "no table named by an error class"),
        ({"area": ""}, "area is empty"),
        ({"area": 'area = "Sign-in"\nother = 1'}, "other is no table"),
        ({"fix": '"Consent."\n[no_consent]'}, "failures.toml"),
    ],
    ids=str,
)
def test_refuses_a_file_that_is_wrong(tmp_path: Path, changes: dict[str, str | None], complaint: str) -> None:
    with pytest.raises(BadExplanation, match=complaint):
        read_explanations(written(tmp_path, **changes))  # type: ignore[arg-type]


def test_a_code_has_one_explanation() -> None:
    one, other = (
        Explanation(name, "title", "meaning", "fix", Retry.NEVER, codes=(("AADSTS1", "x"),))
        for name in ("one", "other")
    )

    with pytest.raises(ValueError, match="AADSTS1 is both one and other"):
        by_code([one, other])


def test_a_class_has_one_explanation() -> None:
    with pytest.raises(ValueError, match="“no_consent” is explained twice"):
        make_known([Explanation("no_consent", "another", "meaning", "fix", Retry.NEVER)])
