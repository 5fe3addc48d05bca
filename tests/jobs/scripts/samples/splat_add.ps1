$p = @{}
$p['UserPrincipalName'] = 'ops@fabrikam.example'
$p.Add('DelegatedOrganization', 'contoso.onmicrosoft.com')
Connect-ExchangeOnline @p -ErrorAction Stop
