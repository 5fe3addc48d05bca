Connect-IPPSSession -UserPrincipalName a@gov.example -ConnectionUri https://ps.compliance.protection.office365.us/powershell-liveid/ -AzureADAuthorizationEndpointUri https://login.microsoftonline.us/organizations
Get-Label
