$client = '99999999-8888-4777-8666-555544443333'
Connect-ExchangeOnline -ManagedIdentity -Organization fabrikam.onmicrosoft.com -ManagedIdentityAccountId $client
