foreach ($c in (Import-Csv .\customers.csv)) {
    Connect-ExchangeOnline -UserPrincipalName me@partner.example -DelegatedOrganization $c.Domain -ShowBanner:$false
    Set-TransportConfig -SmtpClientAuthenticationDisabled $true
    Disconnect-ExchangeOnline -Confirm:$false
}
