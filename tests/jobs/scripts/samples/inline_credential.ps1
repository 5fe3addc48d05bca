Connect-ExchangeOnline -InlineCredential -ShowBanner:$false
Get-AcceptedDomain
