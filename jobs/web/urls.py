"""Addresses of cmdlets, launches, runs and targets."""

from django.urls import path

from jobs.web import (
    cmdlets,
    connection_tests,
    import_script,
    jobs,
    launch,
    paste,
    results,
    review,
    run_list,
    run_live,
    run_tabs,
    targets,
)

app_name = "jobs"
urlpatterns = [
    path("cmdlets/", cmdlets.cmdlet_list, name="cmdlets"),
    path("cmdlets/paste/", paste.paste, name="paste"),
    path("cmdlets/<str:name>/", cmdlets.cmdlet_detail, name="cmdlet"),
    path("cmdlets/<str:name>/launch/", launch.launch, name="launch"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/import-script/", import_script.import_script, name="import-script"),
    path("jobs/<uuid:job_id>/", jobs.job_detail, name="job"),
    path("jobs/<uuid:job_id>/duplicate/", jobs.job_duplicate, name="job-duplicate"),
    path("jobs/<uuid:job_id>/delete/", jobs.job_delete, name="job-delete"),
    path("launch-drafts/<uuid:draft_id>/discard/", jobs.launch_draft_discard, name="launch-draft-discard"),
    path("connections/test/", connection_tests.connection_test, name="connection-test"),
    path("runs/", run_list.run_list, name="runs"),
    path("runs/now/", run_list.runs_live, name="runs-live"),
    path("runs/<uuid:run_id>/", run_tabs.run_detail, name="run"),
    path("runs/<uuid:run_id>/targets/", run_tabs.run_targets, name="run-targets"),
    path("runs/<uuid:run_id>/results/", results.run_results, name="run-results"),
    path("runs/<uuid:run_id>/results/progress/", results.run_results_progress, name="run-results-progress"),
    path("runs/<uuid:run_id>/results/<int:position>/<int:number>/", results.run_result, name="run-result"),
    path("runs/<uuid:run_id>/powershell/", run_tabs.run_powershell, name="run-powershell"),
    path("runs/<uuid:run_id>/events/", run_tabs.run_events, name="run-events"),
    path("runs/<uuid:run_id>/compare/", run_tabs.run_compare, name="run-compare"),
    path("runs/<uuid:run_id>/progress/", run_live.run_progress, name="run-progress"),
    path("runs/<uuid:run_id>/details/", run_live.run_details, name="run-details"),
    path("runs/<uuid:run_id>/stop/", run_live.run_stop, name="run-stop"),
    path("runs/<uuid:run_id>/review/", review.run_review, name="review"),
    path("runs/<uuid:run_id>/launch/", review.run_launch, name="run-launch"),
    path("runs/<uuid:run_id>/without/", review.run_without, name="run-without"),
    path("runs/<uuid:run_id>/discard/", review.run_discard, name="run-discard"),
    path("targets/<uuid:target_id>/", targets.target_detail, name="target"),
    path("targets/<uuid:target_id>/objects.jsonl", targets.target_jsonl, name="target-jsonl"),
]
