# Azure Automation runbook
Connect-ExchangeOnline -ManagedIdentity -Organization "fabrikam.onmicrosoft.com"
$boxes = Get-Mailbox -ResultSize Unlimited
