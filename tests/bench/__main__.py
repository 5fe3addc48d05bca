"""`make bench`: figures as ratios from one run; nothing is asserted, machines are noisy."""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

PARTS = (
    "authority",
    "catalogue",
    "capabilities",
    "opening",
    "engine",
    "storm",
    "exports",
    "pages",
    "interaction",
    "scale",
    "fairness",
)


def main() -> None:
    """Run the named parts, or all."""
    django.setup()
    # Only now, because these modules need Django's settings.
    from django.core.management import call_command

    from tests.bench import (
        authority,
        capabilities,
        catalogue,
        engine,
        exports,
        fairness,
        interaction,
        opening,
        pages,
        scale,
        storm,
    )
    from tests.bench.cloud import bench_cloud

    wanted = sys.argv[1:] or PARTS
    call_command("migrate", verbosity=0)
    if "authority" in wanted:
        authority.main()
    if "catalogue" in wanted:
        catalogue.main()
    if "capabilities" in wanted:
        capabilities.main()
    if "opening" in wanted:
        with bench_cloud(engine.ORGANIZATIONS) as sandbox:
            opening.main(sandbox)
    if {"engine", "storm", "exports"} & set(wanted):
        with bench_cloud(engine.ORGANIZATIONS) as sandbox:
            engine.prepare(sandbox)
            if "engine" in wanted:
                engine.main(sandbox)
            if "storm" in wanted:
                storm.main(sandbox)
            if "exports" in wanted:
                exports.main(sandbox)
    if "pages" in wanted:
        pages.main()
    if "interaction" in wanted:
        interaction.main()
    # The last ones, for their organizations stay.
    if "scale" in wanted:
        with bench_cloud(scale.SIZES[-1]) as sandbox:
            scale.main(sandbox)
    if "fairness" in wanted:
        with bench_cloud(fairness.ORGANIZATIONS) as sandbox:
            fairness.main(sandbox)


main()
