# Quick look at the shared mailboxes
Import-Module ExchangeOnlineManagement
Connect-ExchangeOnline
Get-EXOMailbox -RecipientTypeDetails SharedMailbox -ResultSize Unlimited | Select-Object DisplayName, PrimarySmtpAddress
Disconnect-ExchangeOnline -Confirm:$false
