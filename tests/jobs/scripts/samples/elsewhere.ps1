Start-Job -Name mail -ScriptBlock {
    Connect-ExchangeOnline -ManagedIdentity -Organization fabrikam.onmicrosoft.com
    Get-Mailbox -Identity anna
}
Invoke-Command -Session $s { Get-Mailbox -Identity bert }
