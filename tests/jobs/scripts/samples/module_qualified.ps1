ExchangeOnlineManagement\Connect-ExchangeOnline -UserPrincipalName "ops@fabrikam.example"
& ExchangeOnlineManagement\Get-Mailbox -Identity anna
& "Disconnect-ExchangeOnline" -Confirm:$false
