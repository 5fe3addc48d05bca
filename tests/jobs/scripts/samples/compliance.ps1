Connect-IPPSSession -UserPrincipalName auditor@fabrikam.example
Get-DlpCompliancePolicy
Disconnect-ExchangeOnline -Confirm:$false
