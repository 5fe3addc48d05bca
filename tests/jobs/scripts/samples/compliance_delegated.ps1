$customer = "contoso.onmicrosoft.com"
Connect-IPPSSession -UserPrincipalName me@partner.example -DelegatedOrganization $customer -AzureADAuthorizationEndpointUri "https://login.microsoftonline.com/$customer"
