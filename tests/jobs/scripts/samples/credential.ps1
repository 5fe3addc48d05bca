$cred = Get-Credential -Message "Exchange admin"
Connect-ExchangeOnline -Credential $cred
Get-TransportRule
Disconnect-ExchangeOnline
