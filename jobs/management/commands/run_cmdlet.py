"""Run a cmdlet or a saved job in organizations from the command line, through the same services as the page."""

import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from jobs.catalogue.cmdlets import Parameter, UnknownCmdlet, find
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.text_values import parse_text
from jobs.command_line.output import print_csv, print_json, print_summary, report
from jobs.command_line.progress import follow
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.selection import Selection
from jobs.runs.states import RunState
from jobs.saved.selectors import job_named, steps_of
from jobs.web.job_form import job_form
from portal.accounts.command_line import acting_person
from portal.core.actors import Actor
from portal.core.errors import DATABASE_AWAY
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from tenants.groups.names import group_named
from tenants.organizations.names import organization_named
from tenants.profiles.names import profile_named

ALL_SUCCEEDED, SOME_DID_NOT, REFUSED = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Run a cmdlet or a saved job in organizations. "
        "Exit status: 0 all succeeded, 1 some did not, 2 refused before dispatch."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cmdlet", nargs="?", default="", help="for example Get-Mailbox")
        parser.add_argument(
            "--job", default="", metavar="NAME", help="this saved job, where it goes unless you say where"
        )
        parser.add_argument(
            "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="repeat for more parameters"
        )
        parser.add_argument("--all", action="store_true", help="in every organization")
        parser.add_argument("--group", action="append", default=[], metavar="NAME", help="in an organization group")
        parser.add_argument(
            "--organization",
            action="append",
            default=[],
            metavar="DOMAIN",
            help="in one organization: domain, name or tenant id",
        )
        parser.add_argument("--reason", default="")
        parser.add_argument("--ticket", default="")
        parser.add_argument(
            "--profile",
            default="",
            metavar="NAME",
            help="connect with this connection profile everywhere, instead of each organization's own",
        )
        parser.add_argument("--thumbprint", default="", help="sign in with this certificate")
        parser.add_argument("--as", dest="username", default="", metavar="NAME", help="act as this person")
        parser.add_argument("--report", type=Path, metavar="FILE", help="also write how it ended as JSON")
        output = parser.add_mutually_exclusive_group()
        output.add_argument("--json", action="store_true", help="print one JSON object per organization")
        output.add_argument("--csv", action="store_true", help="print all objects as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            actor = acting_person(options["username"])
            run = draft_run(actor=actor, request=_request(actor, options))
            run = launch_run(actor=actor, run_id=run.pk)
        except InvalidCall as invalid:
            self._refuse(*(_sentence(problem) for problem in invalid.problems))
        except (Refused, PermissionRefused, ValueError) as refusal:
            self._refuse(str(refusal))
        except DATABASE_AWAY:
            self._refuse("The database cannot be reached. Start it, or check DATABASE_URL.")
        run = follow(run)
        if options["json"]:
            print_json(actor, run)
        elif options["csv"]:
            print_csv(actor, run)
        print_summary(run, to_stderr=options["json"] or options["csv"])
        if options["report"]:
            options["report"].write_text(report(run), encoding="utf-8")
        sys.exit(ALL_SUCCEEDED if run.state == RunState.SUCCEEDED else SOME_DID_NOT)

    def _refuse(self, *sentences: str) -> NoReturn:
        for sentence in sentences:
            self.stderr.write(sentence)
        self.stderr.write("Nothing was sent.")
        sys.exit(REFUSED)


def _request(actor: Actor, options: dict[str, Any]) -> RunRequest:
    if bool(options["cmdlet"]) == bool(options["job"]):
        raise ValueError("Name a cmdlet, or a job with --job; not both.")
    return _job_request(actor, options) if options["job"] else _cmdlet_request(actor, options)


def _job_request(actor: Actor, options: dict[str, Any]) -> RunRequest:
    """Return what a job means, with what the command line says instead: where, why, and as whom."""
    if options["parameter"]:
        raise ValueError("A job has its parameters already: leave out -p, or change the job.")
    job = job_named(actor=actor, name=options["job"])
    form = job_form(actor, job, steps_of(job))
    if form is None:
        raise ValueError(f"No cmdlet of the job “{job.name}” is in the catalogue any more.")
    is_elsewhere = options["all"] or options["group"] or options["organization"]
    if not is_elsewhere and not form.is_complete():
        raise InvalidCall(form.problems)
    said = _cmdlet_request(actor, options)
    request = form.request()
    return replace(
        request,
        selection=said.selection if is_elsewhere else request.selection,
        reason=said.reason or request.reason,
        ticket=said.ticket or request.ticket,
        thumbprint=said.thumbprint,
        profile_id=said.profile_id or request.profile_id,
    )


def _cmdlet_request(actor: Actor, options: dict[str, Any]) -> RunRequest:
    return RunRequest(
        cmdlet=options["cmdlet"],
        parameters=_parameters(options["cmdlet"], options["parameter"]),
        selection=Selection(
            everywhere=options["all"],
            group_ids=[group_named(actor, name).pk for name in options["group"]],
            organization_ids=[organization_named(actor, name).pk for name in options["organization"]],
        ),
        reason=options["reason"],
        ticket=options["ticket"],
        thumbprint=options["thumbprint"],
        profile_id=profile_named(actor, options["profile"]).pk if options["profile"] else None,
    )


def _parameters(cmdlet_name: str, typed: list[str]) -> dict[str, object]:
    """Return typed values by name; what cannot be read stays as typed, for the validation to refuse with its reason."""
    try:
        known = find(cmdlet_name)
    except UnknownCmdlet:
        return {}
    values: dict[str, object] = {}
    for argument in typed:
        name, separator, text = argument.lstrip("-").partition("=")
        if name in values:
            raise ValueError(f"{name} is given twice. Give it once.")
        canonical = known.names_by_lower.get(name.lower())
        values[name] = _value(known.parameters[canonical], text, given=bool(separator)) if canonical else text
    return values


def _value(parameter: Parameter, text: str, *, given: bool) -> object:
    if not given:
        return True
    try:
        return parse_text(parameter, text)
    except ValueError:
        return text


def _sentence(problem: Problem) -> str:
    named = problem.parameter is None or problem.parameter in problem.problem
    where = "" if named else f"{problem.parameter}: "
    return f"{where}{problem.problem}" + (f" {problem.suggestion}" if problem.suggestion else "")
