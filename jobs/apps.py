from django.apps import AppConfig


class JobsConfig(AppConfig):
    """What we do in the organizations."""

    name = "jobs"
    label = "jobs"
