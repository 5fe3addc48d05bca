Connect-ExchangeOnline -Device
$all = Get-Mailbox -ResultSize Unlimited
try { $all | Set-Mailbox -AuditEnabled $true }
finally { Disconnect-ExchangeOnline -Confirm:$false }
