try {
    Connect-ExchangeOnline -Device
    Get-Mailbox -Identity anna
} catch {
    Disconnect-ExchangeOnline -Confirm:$false
    throw
}
