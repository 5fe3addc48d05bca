Connect-ExchangeOnline -ConnectionUri "https://partner.outlook.cn/PowerShell" -AzureADAuthorizationEndpointUri "https://login.chinacloudapi.cn/organizations" -UserPrincipalName a@b.example
