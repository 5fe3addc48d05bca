"""Organization variables in the parameters of a plan."""

from typing import Any

import pytest

from jobs.runs.variables import fill_in

VALUES = {"default_domain": "contoso.example", "name": "O'Brien & Sons"}


class TestFillIn:
    @pytest.mark.parametrize(
        ("encoded", "sent"),
        [
            ("admin@{default_domain}", "admin@contoso.example"),
            ("{name}: {default_domain}, {name}", "O'Brien & Sons: contoso.example, O'Brien & Sons"),
            (["a@{default_domain}", 5, None, True], ["a@contoso.example", 5, None, True]),
            (
                {"@odata.type": "#Exchange.GenericHashTable", "Add": ["x@{default_domain}"], "Deep": {"k": "{name}"}},
                {
                    "@odata.type": "#Exchange.GenericHashTable",
                    "Add": ["x@contoso.example"],
                    "Deep": {"k": VALUES["name"]},
                },
            ),
            (
                {"@odata.type": "#Exchange.ByteArrayType", "Data": "AAEC"},
                {"@odata.type": "#Exchange.ByteArrayType", "Data": "AAEC"},
            ),
        ],
    )
    def test_puts_values_into_texts_of_any_depth(self, encoded: Any, sent: Any) -> None:
        assert fill_in({"P": encoded}, VALUES) == {"P": sent}

    @pytest.mark.parametrize("text", ["{Name -eq 'x'}", "{}", "{tenant_id}", "{{default_domain", "{DEFAULT}", "{0}"])
    def test_leaves_other_braces_and_variables_without_a_value(self, text: str) -> None:
        assert fill_in({"P": text}, VALUES) == {"P": text}

    def test_keeps_the_annotations_of_the_protocol(self) -> None:
        encoded = {"Rules@odata.type": "#Collection(Exchange.GenericHashTable)", "Rules": [{"a": "{name}"}]}
        assert fill_in(encoded, VALUES) == {**encoded, "Rules": [{"a": VALUES["name"]}]}

    def test_a_quote_in_a_value_does_not_end_the_text_of_a_filter(self) -> None:
        filled = fill_in({"Filter": "Company -eq '{name}' -and Title -eq 'x'", "Company": "'{name}'"}, VALUES)
        assert filled == {
            "Filter": "Company -eq 'O''Brien & Sons' -and Title -eq 'x'",
            "Company": "'O'Brien & Sons'",
        }

    def test_a_value_that_looks_like_a_variable_is_not_filled_in_again(self) -> None:
        assert fill_in({"P": "{name}"}, {"name": "{default_domain}", "default_domain": "x"}) == {
            "P": "{default_domain}"
        }
