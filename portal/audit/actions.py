"""Everything that the audit trail can say: one enum, each action with its sentence."""

from enum import StrEnum


class AuditAction(StrEnum):
    """What happened, as `subject.verb` in the past tense."""

    PERSON_CREATED = "person.created"
    PERSON_LINKED = "person.linked"
    PERSON_SIGNED_IN = "person.signed_in"
    PERSON_SIGNED_OUT = "person.signed_out"
    SIGN_IN_REFUSED = "sign_in.refused"
    SECOND_FACTOR_REFUSED = "sign_in.second_factor_refused"
    PERSON_STEPPED_UP = "person.stepped_up"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    RECOVERY_CODES_RENEWED = "factor.recovery_codes_renewed"
    ENROLMENT_CODE_ISSUED = "factor.enrolment_code_issued"
    SESSION_ENDED = "session.ended"
    PERSON_DISABLED = "person.disabled"
    PERSON_ENABLED = "person.enabled"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    ROLE_ELEVATED = "role.elevated"
    CUSTOM_ROLE_CREATED = "custom_role.created"
    CUSTOM_ROLE_CHANGED = "custom_role.changed"
    CUSTOM_ROLE_DELETED = "custom_role.deleted"
    NAMED_SET_CREATED = "named_set.created"
    NAMED_SET_CHANGED = "named_set.changed"
    NAMED_SET_DELETED = "named_set.deleted"
    PERMISSION_REFUSED = "permission.refused"
    PARTNER_CONNECTED = "partner.connected"
    APP_REGISTRATION_ADDED = "app_registration.added"
    CERTIFICATE_ADDED = "certificate.added"
    CERTIFICATE_REMOVED = "certificate.removed"
    CERTIFICATE_ACTIVATED = "certificate.activated"
    CERTIFICATE_TESTED = "certificate.tested"
    CERTIFICATE_EXPIRING = "certificate.expiring"
    RELATIONSHIP_EXPIRING = "relationship.expiring"
    PARTNER_SIGN_IN_STORED = "partner_sign_in.stored"
    PERSONAL_SIGN_IN_STARTED = "personal_sign_in.started"
    PERSONAL_SIGN_IN_COMPLETED = "personal_sign_in.completed"
    PERSONAL_SIGN_IN_REFUSED = "personal_sign_in.refused"
    PERSONAL_SIGN_IN_LEFT_UNFINISHED = "personal_sign_in.left_unfinished"
    PERSONAL_SIGN_IN_ENDED = "personal_sign_in.ended"
    CONNECTION_PROFILE_CREATED = "connection_profile.created"
    CONNECTION_PROFILE_CHANGED = "connection_profile.changed"
    CONNECTION_PROFILE_RETIRED = "connection_profile.retired"
    CONNECTION_PROFILE_ASSIGNED = "connection_profile.assigned"
    CONNECTION_PROFILE_UNASSIGNED = "connection_profile.unassigned"
    PARTNER_PASSWORDS_ALLOWED = "partner.passwords_allowed"
    PARTNER_PASSWORDS_FORBIDDEN = "partner.passwords_forbidden"
    PARTNER_MADE_TARGET = "partner.made_target"
    PARTNER_NO_TARGET = "partner.made_no_target"
    SYNCHRONIZATION_STARTED = "synchronization.started"
    SYNCHRONIZATION_FINISHED = "synchronization.finished"
    SYNCHRONIZATION_FAILED = "synchronization.failed"
    ORGANIZATION_ADDED = "organization.added"
    ORGANIZATION_ADDED_BY_HAND = "organization.added_by_hand"
    ORGANIZATION_VANISHED = "organization.vanished"
    ORGANIZATION_RETURNED = "organization.returned"
    ORGANIZATION_REACHABILITY_CHANGED = "organization.reachability_changed"
    ORGANIZATION_CAPABILITIES_CHANGED = "organization.capabilities_changed"
    RELATIONSHIP_CHANGED = "relationship.changed"
    CONSENT_CHANGED = "consent.changed"
    ORGANIZATION_GROUP_CREATED = "organization_group.created"
    ORGANIZATION_GROUP_CHANGED = "organization_group.changed"
    ORGANIZATION_GROUP_DELETED = "organization_group.deleted"
    JOB_CREATED = "job.created"
    JOB_CHANGED = "job.changed"
    JOB_DELETED = "job.deleted"
    ORGANIZATION_VARIABLE_SET = "organization_variable.set"
    ORGANIZATION_VARIABLE_REMOVED = "organization_variable.removed"
    RUN_DRAFTED = "run.drafted"
    RUN_DISCARDED = "run.discarded"
    RUN_LAUNCHED = "run.launched"
    APPROVAL_REQUEST_MADE = "approval_request.made"
    APPROVAL_REQUEST_READ = "approval_request.read"
    APPROVAL_REQUEST_APPROVED = "approval_request.approved"
    APPROVAL_REQUEST_REJECTED = "approval_request.rejected"
    APPROVAL_REQUEST_WITHDRAWN = "approval_request.withdrawn"
    APPROVAL_REQUEST_EXPIRED = "approval_request.expired"
    APPROVAL_REQUEST_VOIDED = "approval_request.voided"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_WITHDRAWN = "approval.withdrawn"
    APPROVAL_POLICY_CREATED = "approval_policy.created"
    APPROVAL_POLICY_CHANGED = "approval_policy.changed"
    APPROVAL_POLICY_DELETED = "approval_policy.deleted"
    EMERGENCY_DECLARED = "emergency.declared"
    EMERGENCY_CONFIRMED = "emergency.confirmed"
    RUN_STARTED = "run.started"
    RUN_PLAN_REFUSED = "run.plan_refused"
    RUN_CANCEL_REQUESTED = "run.cancel_requested"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_SHARE_CHANGED = "run.share_changed"
    RUN_FINISHED = "run.finished"
    RUN_TARGET_CLAIMED = "run_target.claimed"
    RUN_TARGET_RELEASED = "run_target.released"
    RUN_TARGET_DEFERRED = "run_target.deferred"
    RUN_TARGET_STEP_ENDED = "run_target.step_ended"
    RUN_TARGET_ENDED = "run_target.ended"
    RUN_TARGET_RECONCILED = "run_target.reconciled"
    RUN_TARGET_DECIDED = "run_target.decided"
    CMDLET_INTENDED = "cmdlet.intended"
    CONNECTION_PROBED = "connection.probed"
    CONNECTION_ANSWERED_BY_ANOTHER = "connection.answered_by_another"
    LATE_ANSWER_KEPT = "late_answer.kept"
    GLOBAL_STOP_ORDERED = "global_stop.ordered"
    GLOBAL_STOP_LIFTED = "global_stop.lifted"
    IDENTITY_PAUSED = "identity.paused"
    IDENTITY_RESUMED = "identity.resumed"
    IDENTITY_TRIED_AGAIN = "identity.tried_again"
    EXPORT_REQUESTED = "export.requested"
    EXPORT_FINISHED = "export.finished"
    EXPORT_FAILED = "export.failed"
    EXPORT_DOWNLOADED = "export.downloaded"
    EXPORT_CANCELLED = "export.cancelled"
    EXPORT_DELETED = "export.deleted"
    EXPORT_EXPIRED = "export.expired"
    ROOT_KEY_ROTATION_BEGUN = "root_key.rotation_begun"
    ROOT_KEY_ROTATION_ENDED = "root_key.rotation_ended"

    @property
    def words(self) -> str:
        """The action in words, as a person chooses it: run target ended."""
        return self.value.replace(".", " ").replace("_", " ")


SENTENCES: dict[AuditAction, str] = {
    AuditAction.PERSON_CREATED: "{actor} created the account of {target}",
    AuditAction.PERSON_LINKED: "{actor} changed with which Microsoft account {target} signs in",
    AuditAction.PERSON_SIGNED_IN: "{actor} signed in",
    AuditAction.PERSON_SIGNED_OUT: "{actor} signed out",
    AuditAction.SIGN_IN_REFUSED: "A sign-in as {target} was refused",
    AuditAction.SECOND_FACTOR_REFUSED: "The second factor of {target} was not proved",
    AuditAction.PERSON_STEPPED_UP: "{actor} proved again to be there, by {method}",
    AuditAction.FACTOR_ADDED: "{target} added a second factor: {factor} “{name}”",
    AuditAction.FACTOR_REMOVED: "A second factor of {target} was removed: {factor} “{name}”",
    AuditAction.RECOVERY_CODES_RENEWED: "{target} renewed the recovery codes",
    AuditAction.ENROLMENT_CODE_ISSUED: "{actor} issued an enrolment code to {target}",
    AuditAction.SESSION_ENDED: "{actor} ended a session of theirs",
    AuditAction.ROLE_GRANTED: "{actor} granted {target} the role {role}",
    AuditAction.PERSON_DISABLED: "{actor} disabled the account of {target}",
    AuditAction.PERSON_ENABLED: "{actor} enabled the account of {target} again",
    AuditAction.ROLE_REVOKED: "{actor} took the role {role} away from {target}",
    AuditAction.ROLE_ELEVATED: "{actor} took the role {role} until {until}: {reason}",
    AuditAction.CUSTOM_ROLE_CREATED: "{actor} created the role {target}",
    AuditAction.CUSTOM_ROLE_CHANGED: "{actor} changed the role {target}",
    AuditAction.CUSTOM_ROLE_DELETED: "{actor} deleted the role {target}",
    AuditAction.NAMED_SET_CREATED: "{actor} created the named set {target}",
    AuditAction.NAMED_SET_CHANGED: "{actor} changed the named set {target}",
    AuditAction.NAMED_SET_DELETED: "{actor} deleted the named set {target}",
    AuditAction.PERMISSION_REFUSED: "{actor} was refused {permission}: {rule}",
    AuditAction.PARTNER_CONNECTED: "{actor} connected the partner {target}",
    AuditAction.APP_REGISTRATION_ADDED: "{actor} added the app registration {target}",
    AuditAction.CERTIFICATE_ADDED: "{actor} added the certificate {target}",
    AuditAction.CERTIFICATE_REMOVED: "{actor} removed the certificate {target}",
    AuditAction.CERTIFICATE_ACTIVATED: "{actor} chose the certificate {target} to sign in with",
    AuditAction.CERTIFICATE_TESTED: "{actor} asked Entra whether it takes the certificate {target}: {outcome}",
    AuditAction.CERTIFICATE_EXPIRING: "The certificate {target} expires on {ends}, within {days} days",
    AuditAction.RELATIONSHIP_EXPIRING: "{relationship} of {target} ends on {ends}, within {days} days",
    AuditAction.PARTNER_SIGN_IN_STORED: "{actor} stored the partner sign-in of {target}",
    AuditAction.PERSONAL_SIGN_IN_STARTED: "{actor} began to sign in with a Microsoft account at {target}",
    AuditAction.PERSONAL_SIGN_IN_COMPLETED: "{actor} signed in as {account} at {target}",
    AuditAction.PERSONAL_SIGN_IN_REFUSED: "A sign-in of {actor} at {target} did not succeed: {reason}",
    AuditAction.PERSONAL_SIGN_IN_LEFT_UNFINISHED: "A sign-in at {target} was not finished: {reason}",
    AuditAction.PERSONAL_SIGN_IN_ENDED: "The sign-in as {account} at {target} ended: {reason}",
    AuditAction.CONNECTION_PROFILE_CREATED: "{actor} created the connection profile {target}",
    AuditAction.CONNECTION_PROFILE_CHANGED: "{actor} changed the connection profile {target}",
    AuditAction.CONNECTION_PROFILE_RETIRED: "{actor} retired the connection profile {target}",
    AuditAction.CONNECTION_PROFILE_ASSIGNED: "{actor} assigned the connection profile {target} to {place}",
    AuditAction.CONNECTION_PROFILE_UNASSIGNED: "{actor} withdrew the connection profile {target} from {place}",
    AuditAction.PARTNER_PASSWORDS_ALLOWED: "{actor} allowed connections with user name and password for {target}",
    AuditAction.PARTNER_PASSWORDS_FORBIDDEN: "{actor} forbade connections with user name and password for {target}",
    AuditAction.PARTNER_MADE_TARGET: "{actor} made the own organization of {target} a target",
    AuditAction.PARTNER_NO_TARGET: "{actor} took the own organization of {target} out of the targets",
    AuditAction.SYNCHRONIZATION_STARTED: "{actor} started to read the organizations of {target}",
    AuditAction.SYNCHRONIZATION_FINISHED: "The organizations of {target} were read",
    AuditAction.SYNCHRONIZATION_FAILED: "Reading the organizations of {target} failed",
    AuditAction.ORGANIZATION_ADDED: "{target} appeared among the organizations",
    AuditAction.ORGANIZATION_ADDED_BY_HAND: "{actor} added the organization {target}",
    AuditAction.ORGANIZATION_VANISHED: "{target} is no longer among the organizations",
    AuditAction.ORGANIZATION_RETURNED: "{target} is among the organizations again",
    AuditAction.ORGANIZATION_REACHABILITY_CHANGED: "{target} became {reachability}",
    AuditAction.ORGANIZATION_CAPABILITIES_CHANGED: (
        "What {profile} may run in {target} ({service}): {before} → {after}"
    ),
    AuditAction.RELATIONSHIP_CHANGED: "{relationship} of {target}: {what}: {before} → {after}",
    AuditAction.CONSENT_CHANGED: "The consent of {target} to {application} is now {after}",
    AuditAction.ORGANIZATION_GROUP_CREATED: "{actor} created the organization group {target}",
    AuditAction.ORGANIZATION_GROUP_CHANGED: "{actor} changed the organization group {target}",
    AuditAction.ORGANIZATION_GROUP_DELETED: "{actor} deleted the organization group {target}",
    AuditAction.JOB_CREATED: "{actor} saved the job {target}",
    AuditAction.JOB_CHANGED: "{actor} changed the job {target}",
    AuditAction.JOB_DELETED: "{actor} deleted the job {target}",
    AuditAction.ORGANIZATION_VARIABLE_SET: "{actor} set the variable {variable} of {target}",
    AuditAction.ORGANIZATION_VARIABLE_REMOVED: "{actor} removed the variable {variable} of {target}",
    AuditAction.RUN_DRAFTED: "{actor} drafted {target}",
    AuditAction.RUN_DISCARDED: "{actor} discarded the draft of {target}",
    AuditAction.RUN_LAUNCHED: "{actor} launched {target}",
    AuditAction.APPROVAL_REQUEST_MADE: "{actor} asked for approval of {target}",
    AuditAction.APPROVAL_REQUEST_READ: "{actor} had what is there now read by {cmdlet}, before {target} is approved",
    AuditAction.APPROVAL_REQUEST_APPROVED: "{target} is approved and may begin",
    AuditAction.APPROVAL_REQUEST_REJECTED: "{actor} rejected {target}: {reason}",
    AuditAction.APPROVAL_REQUEST_WITHDRAWN: "{actor} withdrew the request for approval of {target}",
    AuditAction.APPROVAL_REQUEST_EXPIRED: "Nobody approved {target} in time",
    AuditAction.APPROVAL_REQUEST_VOIDED: "The request for approval of {target} became void: {reason}",
    AuditAction.APPROVAL_GIVEN: "{actor} approved {target}: {comment}",
    AuditAction.APPROVAL_WITHDRAWN: "The approval of {target} by {approver} was withdrawn: {reason}",
    AuditAction.APPROVAL_POLICY_CREATED: "{actor} created the approval policy {target}",
    AuditAction.APPROVAL_POLICY_CHANGED: "{actor} changed the approval policy {target}",
    AuditAction.APPROVAL_POLICY_DELETED: "{actor} deleted the approval policy {target}",
    AuditAction.EMERGENCY_DECLARED: "EMERGENCY: {actor} declared {target} an emergency: {reason}",
    AuditAction.EMERGENCY_CONFIRMED: "EMERGENCY: {actor} let {target} begin without an approver: {comment}",
    AuditAction.RUN_STARTED: "{target} started",
    AuditAction.RUN_PLAN_REFUSED: (
        "The plan of {target} was refused: it was altered after its review, from {expected} to {found}"
    ),
    AuditAction.RUN_CANCEL_REQUESTED: "{actor} asked to stop {target}",
    AuditAction.RUN_PAUSED: "{actor} paused {target}",
    AuditAction.RUN_RESUMED: "{actor} let {target} go on",
    AuditAction.RUN_SHARE_CHANGED: "{actor} changed the share of {target}: {before} → {after}",
    AuditAction.RUN_FINISHED: "{target} ended: {state}",
    AuditAction.RUN_TARGET_CLAIMED: "Attempt {attempt} of {cmdlet} in {target} began, for {on_behalf_of}",
    AuditAction.RUN_TARGET_RELEASED: "{cmdlet} in {target} was given back after its worker was lost",
    AuditAction.RUN_TARGET_DEFERRED: "{cmdlet} in {target} waits: {error_class}",
    AuditAction.RUN_TARGET_STEP_ENDED: "Step {step}, {cmdlet}, in {target}: {state}, for {on_behalf_of}",
    AuditAction.RUN_TARGET_ENDED: "{cmdlet} in {target}: {state}, for {on_behalf_of}",
    AuditAction.RUN_TARGET_RECONCILED: "The unknown outcome of {cmdlet} in {target} was read back: {verdict}",
    AuditAction.RUN_TARGET_DECIDED: "{actor} decided about {cmdlet} in {target}: {verdict}",
    AuditAction.CMDLET_INTENDED: "{cmdlet} is about to be sent to {target}, for {on_behalf_of}",
    AuditAction.CONNECTION_PROBED: "{cmdlet} is about to be read in {target} to learn why the cmdlet is not offered",
    AuditAction.CONNECTION_ANSWERED_BY_ANOTHER: "Another organization answered for {target}, for {on_behalf_of}",
    AuditAction.LATE_ANSWER_KEPT: "A late answer for {target} was kept as evidence",
    AuditAction.GLOBAL_STOP_ORDERED: "{actor} stopped everything: {reason}",
    AuditAction.GLOBAL_STOP_LIFTED: "{actor} lifted the global stop",
    AuditAction.IDENTITY_PAUSED: (
        "Signalbox stopped asking for tokens as {target}: {failure} in {organizations} organizations within a minute"
    ),
    AuditAction.IDENTITY_RESUMED: "Signalbox asks for tokens as {target} again: one was issued",
    AuditAction.IDENTITY_TRIED_AGAIN: "{actor} asked to try again now to get a token as {target}",
    AuditAction.EXPORT_REQUESTED: "{actor} asked for an export of {target}",
    AuditAction.EXPORT_FINISHED: "The export of {target} was made",
    AuditAction.EXPORT_FAILED: "The export of {target} failed",
    AuditAction.EXPORT_DOWNLOADED: "{actor} downloaded the export of {target}",
    AuditAction.EXPORT_CANCELLED: "{actor} cancelled the export of {target}",
    AuditAction.EXPORT_DELETED: "{actor} deleted the export of {target}",
    AuditAction.EXPORT_EXPIRED: "The export of {target} expired and its file was deleted",
    AuditAction.ROOT_KEY_ROTATION_BEGUN: "{actor} began to seal all secrets anew with the root key {target}",
    AuditAction.ROOT_KEY_ROTATION_ENDED: "All secrets that open are sealed with the root key {target}",
}
