Connect-ExchangeOnline -Device
$boxes = Get-Mailbox -RecipientTypeDetails SharedMailbox
foreach ($box in $boxes) {
    Set-Mailbox -Identity $box.Alias -MessageCopyForSentAsEnabled $true
}
if ($boxes.Count -gt 10) { Set-OrganizationConfig -AuditDisabled $false }
function Reset-One($id) { Set-CASMailbox -Identity $id -PopEnabled $false }
Get-Mailbox -Identity anna | Set-Mailbox -AuditEnabled $true
$one = Get-Mailbox -Identity (Get-User -Identity bert).Alias
Disconnect-ExchangeOnline -Confirm:$false
