try {
    Connect-ExchangeOnline -Device -ErrorAction Stop
    Set-Mailbox -Identity anna -AuditEnabled $true
} catch {
    Write-Error $_
    exit 1
} finally {
    if (Get-ConnectionInformation) { Disconnect-ExchangeOnline -Confirm:$false }
}
