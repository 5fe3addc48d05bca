Connect-ExchangeOnline –UserPrincipalName “ops@fabrikam.example” –ShowBanner:$false
Set-Mailbox -Identity ‘anna’ -DisplayName "Anna’s box – main"
