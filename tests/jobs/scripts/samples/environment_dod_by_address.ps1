Connect-ExchangeOnline -ConnectionUri https://webmail.apps.mil/powershell-liveID -AzureADAuthorizationEndpointUri https://login.microsoftonline.us/organizations
