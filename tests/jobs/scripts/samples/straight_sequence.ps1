param([string]$Mailbox, [string]$ForwardTo = 'desk@fabrikam.example')
$ErrorActionPreference = 'Stop'
$quota = '49GB'
Connect-ExchangeOnline -ManagedIdentity -Organization fabrikam.onmicrosoft.com
Get-Mailbox -Identity $Mailbox | Select-Object DisplayName, ForwardingSmtpAddress
Set-Mailbox -Identity $Mailbox -ForwardingSmtpAddress $ForwardTo -DeliverToMailboxAndForward $true -IssueWarningQuota $quota
Add-MailboxPermission -Identity $Mailbox -User 'helpdesk@fabrikam.example' -AccessRights FullAccess -WhatIf
Get-MailboxPermission -Identity $Mailbox | Where-Object { $_.User -like '*help*' } | Export-Csv out.csv -NoTypeInformation
Disconnect-ExchangeOnline -Confirm:$false
