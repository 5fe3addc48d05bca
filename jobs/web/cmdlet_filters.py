"""What the list of cmdlets is searched for and narrowed by."""

from collections.abc import Iterable
from typing import Any

from jobs.catalogue.effects import Effect
from jobs.catalogue.search import FACETS
from jobs.catalogue.search_index import index
from jobs.web.picked import KEYS
from jobs.web.words import EFFECTS_SHORT, RISKS, SERVICES
from portal.core.filters import FilterForm, choice_field, text_field

EFFECT_WORDS = {
    Effect.READ.value: "Only reads",
    Effect.ABSOLUTE_SET.value: "Sets values: repeat is harmless",
    Effect.CREATE.value: EFFECTS_SHORT[Effect.CREATE],
    Effect.RELATIVE.value: EFFECTS_SHORT[Effect.RELATIVE],
}
DRY_RUN_WORDS = {"yes": "Has a dry run", "no": "No dry run"}
WORDS: dict[str, dict[str, str]] = {
    "risk": dict(RISKS),
    "service": dict(SERVICES),
    "effect": EFFECT_WORDS,
    "dry_run": DRY_RUN_WORDS,
}
"""The words for values of facets; verbs and nouns stand for themselves."""

TITLES = {
    "risk": "Risk",
    "service": "Service",
    "verb": "Verb",
    "effect": "If it runs twice",
    "dry_run": "Dry run",
    "noun": "Noun",
}


def _known(facet: str) -> Iterable[tuple[str, str]]:
    values = sorted({value for entry in index()[0] for value in entry.traits[facet]})
    return [(value, WORDS.get(facet, {}).get(value, value)) for value in values]


class CmdletFilterForm(FilterForm):
    """What is searched for in the catalogue; a value that no cmdlet has filters nothing and says so."""

    q = text_field("Search", search=True)
    risk = choice_field("Risk", _known("risk"))
    service = choice_field("Service", _known("service"))
    verb = choice_field("Verb", _known("verb"))
    effect = choice_field("Effect", _known("effect"))
    dry_run = choice_field("Dry run", _known("dry_run"))
    noun = choice_field("Noun", _known("noun"))

    organization = text_field("Organization")
    group = text_field("Organization group")
    where = text_field("Where", length=4000)

    def words(self, name: str, value: Any) -> str:
        """Return a filter in words; where is none, it only goes along to the launch."""
        if name in KEYS:
            return ""
        if name == "q":
            return f"“{value}”"
        shown = WORDS.get(name, {}).get(value, value)
        return shown if name in WORDS else f"{TITLES[name]}: {shown}"

    @property
    def is_narrowed(self) -> bool:
        """Whether cmdlets are left out."""
        return bool(self.chosen().keys() - set(KEYS))

    def facets(self) -> dict[str, str]:
        """Return the chosen value of each facet, empty where none is chosen."""
        chosen = self.chosen()
        return {facet: str(chosen.get(facet, "")) for facet in FACETS}
