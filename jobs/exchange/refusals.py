"""Exchange answered and said no: what each answer means (exchange-protocol.md 5.3 and 5.4, F27-F45)."""

from portal.core.explanations import Explanation, Retry

TOKEN_REFUSED = Explanation(
    "token_refused",
    "Exchange refused the sign-in",
    "Exchange did not accept the token, not even a new one: the application lacks its Exchange permission in this "
    "organization, or the account is not enabled for Exchange PowerShell.",
    "Check that the application holds Exchange.ManageAsApp with consent here; for a signed-in account, that "
    "EXOModuleEnabled is on.",
    Retry.AFTER_FIX,
)
SESSION_REVOKED = Explanation(
    "session_revoked",
    "Sign-in was revoked meanwhile",
    "Exchange demanded a token that meets new conditions (continuous access evaluation), and the new one did not "
    "satisfy it: the sign-in was revoked, or a policy changed.",
    "Look for changed policies or a disabled application in the organization and mend that; then launch it again.",
    Retry.AFTER_FIX,
)
ROLE_MISSING = Explanation(
    "role_missing",
    "No Exchange role in organization",
    "Exchange refused without giving a reason, as it does when the identity holds no directory role here, when the "
    "role is some minutes old, or when the cmdlet does not exist.",
    "Assign a role such as Exchange Administrator to the application, or check the GDAP roles; then wait some minutes.",
    Retry.AFTER_FIX,
)
RBAC_DENIED = Explanation(
    "rbac_denied",
    "Denied by Exchange's role management",
    "The identity is known here, but its Exchange roles do not allow this; Microsoft's reason is shown.",
    "Give the identity an Exchange role that contains the cmdlet.",
    Retry.AFTER_FIX,
)
CMDLET_NOT_GRANTED = Explanation(
    "cmdlet_not_granted",
    "Cmdlet not allowed for this identity",
    "The identity's roles in this organization do not contain the cmdlet.",
    "Give the identity a role that contains the cmdlet, for instance Exchange Administrator.",
    Retry.AFTER_FIX,
)
APP_ROLE_UNSUPPORTED = Explanation(
    "app_role_unsupported",
    "Application has no supported role",
    "The application has a directory role in this organization, but none that app-only access accepts.",
    "Assign one of the accepted roles to the application here: Exchange, Exchange Recipient, Compliance, Security or "
    "Helpdesk Administrator, Global Reader or Security Reader.",
    Retry.AFTER_FIX,
)
PARAMETER_NOT_GRANTED = Explanation(
    "parameter_not_granted",
    "A parameter is not allowed",
    "The identity may run the cmdlet, but not with these parameters: its role leaves one of them out.",
    "Leave the parameter out, or give the identity a role that contains it.",
    Retry.NEVER,
)
OUT_OF_WRITE_SCOPE = Explanation(
    "out_of_write_scope",
    "Object is outside the write scope",
    "The identity may not change this object: it lies outside its write scope, or it is synchronized from the "
    "customer's own directory and is changed there.",
    "For a synchronized object, make the change in the customer's own Active Directory; otherwise widen the scope of "
    "the role assignment.",
    Retry.NEVER,
)
NO_PROTECTION_KEY = Explanation(
    "no_protection_key",
    "No key for secret parameters",
    "Exchange gave no key with which a password is encrypted before it is sent, so the cmdlet was not sent.",
    "Launch again later; if it stays so, run this cmdlet in PowerShell and report it to Microsoft.",
    Retry.AFTER_FIX,
)
CMDLET_ABSENT = Explanation(
    "cmdlet_absent",
    "Cmdlet not offered to this identity",
    "Exchange lists the cmdlets that this identity may run here, and this one is not among them. Nothing was sent.",
    "Give the identity an Exchange role that contains the cmdlet; some cmdlets are never offered to app-only access.",
    Retry.AFTER_FIX,
)
UNKNOWN_PARAMETER = Explanation(
    "unknown_parameter",
    "Parameters do not fit together",
    "Exchange knows no parameter set of this cmdlet that takes this combination; a name may be wrong. Nothing ran.",
    "Compare the parameters with one parameter set of the cmdlet's catalogue page.",
    Retry.NEVER,
)
BAD_VALUE = Explanation(
    "bad_value",
    "A value was not accepted",
    "Exchange could not turn a value into what the parameter wants; its message lists what it accepts. Nothing ran.",
    "Correct the value and launch a new run.",
    Retry.NEVER,
)
ENCODING_FAULT = Explanation(
    "encoding_fault",
    "Signalbox encoded a value wrongly",
    "A table of names and values reached Exchange in a form that it cannot bind. This is a fault of Signalbox.",
    "Report it with the request id; leave the parameter out until it is corrected.",
    Retry.NEVER,
)
OBJECT_NOT_FOUND = Explanation(
    "object_not_found",
    "Object does not exist",
    "Exchange found no object with this name in the organization, or it is too new to be seen everywhere.",
    "Check the name. If the object or its licence was created in the last minutes, try again later.",
    Retry.NEVER,
)
ALREADY_EXISTS = Explanation(
    "already_exists",
    "Object exists already",
    "An object with this name is already there, perhaps from an earlier attempt of ours whose answer was lost.",
    "Compare the existing object with what was wanted before doing anything else.",
    Retry.NEVER,
)
NO_CHANGE_NEEDED = Explanation(
    "no_change_needed",
    "Nothing had to be changed",
    "The member is already in the group, or was not in it, so the wanted state was already there.",
    "Nothing to do.",
    Retry.NEVER,
)
ORGANIZATION_DEHYDRATED = Explanation(
    "organization_dehydrated",
    "Organization customization is off",
    "A new organization must be opened for customization once before this cmdlet works.",
    "Run Enable-OrganizationCustomization in this organization, wait some minutes, and try again.",
    Retry.AFTER_FIX,
)
DATA_REFUSED = Explanation(
    "data_refused",
    "Exchange rejects the data",
    "The request was understood, but its content is not possible: something it names is missing, or it is too large.",
    "Read Microsoft's message, correct the content and launch a new run.",
    Retry.NEVER,
)
WRONG_ADDRESS = Explanation(
    "wrong_address",
    "Wrong address for this organization",
    "The server has no Exchange for this organization: wrong environment, or Microsoft moved the organization.",
    "Compare the environment on the organization's page with the cloud that it is in; tell an administrator if they "
    "differ.",
    Retry.NEVER,
)
CMDLET_REFUSED = Explanation(
    "cmdlet_refused",
    "Exchange refused the cmdlet",
    "Exchange answered with an error that Signalbox has no words of its own for.",
    "Read Microsoft's message; the request id lets Microsoft support find the call.",
    Retry.NEVER,
)
REQUEST_REFUSED = Explanation(
    "request_refused",
    "Something before Exchange refused",
    "The request was refused, but not in the form in which Exchange answers: by its front door, or by a proxy.",
    "Check whether a proxy or firewall intercepts the connection; quote the request id to Microsoft support.",
    Retry.NEVER,
)
CONFIRMATION_PENDING = Explanation(
    "confirmation_pending",
    "Exchange asks for confirmation",
    "Exchange did not carry out the cmdlet but asked whether it really should.",
    "Confirm was sent as false already. If the cmdlet has the parameter Force, launch it with Force.",
    Retry.AFTER_FIX,
)
