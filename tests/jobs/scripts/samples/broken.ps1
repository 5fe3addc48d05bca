Connect-ExchangeOnline -UserPrincipalName ops@fabrikam.example
Switch ($x) { 1 { Get-Mailbox -Identity anna } default { "none" } }
@('a','b').ForEach({ Get-MailUser -Identity $_ })
function Get-It { param($who) Set-Mailbox -Identity $who -AuditEnabled $true }
if ($a { Get-Mailbox -Identity bert
Disconnect-ExchangeOnline -Confirm:$false
