Connect-ExchangeOnline -UserPrincipalName ops@fabrikam.example -UseRPSSession
Get-PSSession | Remove-PSSession
