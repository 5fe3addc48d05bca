"""How forms look: Bootstrap's classes on Django's own field groups."""

from django.forms.renderers import TemplatesSetting


class BootstrapRenderer(TemplatesSetting):
    """Renders every field as label, control, help and errors, in that order."""

    form_template_name = "components/_form.html"
    field_template_name = "components/_field.html"
