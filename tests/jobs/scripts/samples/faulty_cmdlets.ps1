Connect-ExchangeOnline -Device
Set-Mailbox -Identity anna -AuditEnabeld $true
Get-Mailbox -Recipient SharedMailbox
Set-Mailbox -Identity anna -UseRusServer dc01
New-TransportRule
Get-Mailbox -Identity a -Identity b
Set-Mailbox anna -AuditEnabled perhaps
Get-Mailbox -Identity a -Anr b
