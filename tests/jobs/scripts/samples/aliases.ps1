Set-Alias -Name cexo -Value Connect-ExchangeOnline
New-Alias gm Get-Mailbox
Set-Alias bye Disconnect-ExchangeOnline
cexo -Device
gm anna | select Name
bye -Confirm:$false
