[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)] [string] $Mailbox,
    [string] $Organization = 'fabrikam.onmicrosoft.com',
    [int] $Days = 30
)
Connect-ExchangeOnline -ManagedIdentity -Organization $Organization
Set-Mailbox -Identity $Mailbox -RetainDeletedItemsFor $Days -WhatIf
Set-Mailbox -Identity $Mailbox -HiddenFromAddressListsEnabled $true
