"""Keeping what stands in an editor as a template of the merchant, whatever the channel."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from campaigns.drafting.forms import TemplateForm
from campaigns.editing import library
from campaigns.editing.step_form import StepForm
from campaigns.views.steps import user_of


def keep(request: HttpRequest, form: StepForm, *, used: str) -> HttpResponse:
    """Answers with a line to show beside the button. `used` ends it: where the template can be picked from now on."""
    named = TemplateForm(request.POST, merchant=form.merchant)
    if not (named.is_valid() & form.is_valid()):
        errors = [text for each in (*named.errors.values(), *form.errors.values()) for text in each]
        return render(request, "campaigns/wizard/answer.html", {"errors": errors})
    step, name = form.instance, named.cleaned_data["keep_as"]
    kept = library.keep(form.merchant, name, library.wording_of(step), user_of(request), channel=step.channel)
    answer = f"Saved. “{kept.name}” can be picked {used} of {form.merchant}."
    return render(request, "campaigns/wizard/answer.html", {"done": answer})
