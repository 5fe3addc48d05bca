$name = 'fabrikam'
$suffix = ".onmicrosoft.com"
$org = "$name" + $suffix
$admin = "svc-exo@${name}.example"
Connect-ExchangeOnline -UserPrincipalName $admin -DelegatedOrganization $org
