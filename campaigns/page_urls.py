"""The campaign pages, mounted under the admin's /campaigns/."""

from django.urls import path

from campaigns.views import actions, content, library, pages, preview, product_feed, sequence, template_content, wizard

app_name = "campaigns"

urlpatterns = [
    path("", pages.listing, name="list"),
    path("add/", wizard.add, name="add"),
    path("messagetemplate/begin/", library.begin, name="begin_template"),
    path("messagetemplate/<uuid:code>/versions/", library.show, name="template"),
    path("messagetemplate/<uuid:code>/compose/", template_content.edit, name="compose_template"),
    path("messagetemplate/<uuid:code>/compose/preview/", template_content.draw, name="draw_template"),
    path("messagetemplate/<uuid:code>/compare/", library.compare, name="compare_template"),
    path("messagetemplate/<uuid:code>/duplicate/", library.duplicate, name="duplicate_template"),
    path("messagetemplate/<uuid:code>/bring-back/<int:number>/", library.bring_back, name="bring_template_back"),
    path("messagetemplate/<uuid:code>/archive/", library.archive, name="archive_template"),
    path("messagetemplate/<uuid:code>/unarchive/", library.unarchive, name="unarchive_template"),
    path("templates/<str:key>/preview/", preview.template, name="template_preview"),
    path("<uuid:code>/", pages.overview, name="overview"),
    path("<uuid:code>/decisions/", pages.decisions, name="decisions"),
    path("<uuid:code>/deliveries/", pages.deliveries, name="deliveries"),
    path("<uuid:code>/message/", pages.message, name="message"),
    path("<uuid:code>/message/<int:number>/", preview.version, name="version_preview"),
    path("<uuid:code>/history/", pages.history, name="history"),
    path("<uuid:code>/approve/", actions.approve, name="approve"),
    path("<uuid:code>/send-back/", actions.send_back, name="send_back"),
    path("<uuid:code>/pause/", actions.pause, name="pause"),
    path("<uuid:code>/resume/", actions.resume, name="resume"),
    path("<uuid:code>/archive/", actions.archive, name="archive"),
    path("<uuid:code>/channels/", wizard.channels, name="channels"),
    path("<uuid:code>/recipients/", wizard.recipients, name="recipients"),
    path("<uuid:code>/recipients/sentence/", wizard.sentence, name="sentence"),
    path("<uuid:code>/content/", content.content, name="content"),
    path("<uuid:code>/content/steps/", sequence.steps, name="steps"),
    path("<uuid:code>/content/steps/sentence/", sequence.sentence, name="steps_sentence"),
    path("<uuid:code>/content/<uuid:step>/", content.content, name="content"),
    path("<uuid:code>/content/template/", content.pick_template, name="pick_template"),
    path("<uuid:code>/content/<uuid:step>/template/", content.pick_template, name="pick_template"),
    path("<uuid:code>/content/save-template/", content.save_template, name="save_template"),
    path("<uuid:code>/content/<uuid:step>/save-template/", content.save_template, name="save_template"),
    path("<uuid:code>/content/preview/", preview.live, name="live_preview"),
    path("<uuid:code>/content/<uuid:step>/preview/", preview.live, name="live_preview"),
    path("<uuid:code>/content/feed/", product_feed.draw, name="draw_feed"),
    path("<uuid:code>/content/<uuid:step>/feed/", product_feed.draw, name="draw_feed"),
    path("<uuid:code>/content/draft/", preview.draft, name="draft_preview"),
    path("<uuid:code>/content/<uuid:step>/draft/", preview.draft, name="draft_preview"),
    path("<uuid:code>/content/test/", preview.send_test, name="send_test"),
    path("<uuid:code>/content/<uuid:step>/test/", preview.send_test, name="send_test"),
    path("<uuid:code>/review/", wizard.review_page, name="review"),
]
