Connect-ExchangeOnline -Device
$box = Get-Mailbox -Identity anna
if (-not $box) { return }
Set-Mailbox -Identity anna -AuditEnabled $true
Disconnect-ExchangeOnline -Confirm:$false
