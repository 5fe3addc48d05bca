Connect-ExchangeOnline -UserPrincipalName a@gov.example -ExchangeEnvironmentName o365usgovgcchigh
