$org = 'fabrikam.onmicrosoft.com'
if ($Test) { $org = 'lab.onmicrosoft.com' }
foreach ($u in 'a@x.example', 'b@x.example') { $who = $u }
Connect-ExchangeOnline -UserPrincipalName $who -DelegatedOrganization $org
