Connect-ExchangeOnline -Device
Write-Host "Connected"
try { Get-Mailbox | ForEach-Object { Set-Mailbox $_.Alias -AuditEnabled $true } }
finally { Disconnect-ExchangeOnline -Confirm:$false }
