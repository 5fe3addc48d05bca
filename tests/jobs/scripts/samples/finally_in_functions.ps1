function Open-Exchange { Connect-ExchangeOnline -ManagedIdentity -Organization fabrikam.onmicrosoft.com }
function Close-Exchange {
    Disconnect-ExchangeOnline -Confirm:$false
}
try {
    Open-Exchange
    Get-Mailbox -Identity anna
}
finally { Close-Exchange }
