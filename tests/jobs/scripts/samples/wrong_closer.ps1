Connect-ExchangeOnline -UserPrincipalName ops@fabrikam.example
Get-Mailbox anna
Get-PSSession | Remove-PSSession
