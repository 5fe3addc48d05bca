"""Filters of a list that a person keeps under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.accounts.saved_filters.querysets import SavedFilterQuerySet

NAME_LENGTH = 60
QUERY_LENGTH = 2000


class SavedFilter(models.Model):
    """The filters of one list as its address has them: a query string in its normal form.

    `page` is the key of the list; `is_default` opens the list with these filters for the person who saved them.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.CharField(max_length=QUERY_LENGTH)
    is_shared = models.BooleanField("everybody sees it", default=False)
    is_default = models.BooleanField("the list opens with it", default=False)
    saved_at = models.DateTimeField(auto_now=True)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        db_table = "saved_filter"
        constraints = [
            models.UniqueConstraint(fields=["person", "page", "name"], name="saved_filter_name_once"),
            models.UniqueConstraint(
                fields=["person", "page"], condition=Q(is_default=True), name="saved_filter_default_once"
            ),
        ]
        indexes = [models.Index(fields=["page"], condition=Q(is_shared=True), name="saved_filter_shared")]

    def __str__(self) -> str:
        return self.name
