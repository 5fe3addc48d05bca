Connect-ExchangeOnline -UserP ops@fabrikam.example -ShowB:$false
Get-Mailbox -Id info@fabrikam.example -Result 10
