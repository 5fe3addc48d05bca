<#
 Connect-ExchangeOnline -Device
 Get-Mailbox -Identity nobody
#>
# Connect-IPPSSession -UserPrincipalName nobody@x.example
$help = @"
Connect-ExchangeOnline -Credential `$c
Remove-Mailbox everything
"@
$more = @'
New-PSSession -ConfigurationName Microsoft.Exchange
'@
Write-Host "Run Connect-ExchangeOnline first, then 'Get-Mailbox'"
"Disconnect-ExchangeOnline"
