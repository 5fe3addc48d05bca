$ConnectParams = [ordered]@{
    AppId                 = "5f0d1c1e-1111-4222-8333-444455556666"   # portal
    CertificateThumbprint = '0123456789ABCDEF0123456789ABCDEF01234567'
    "ShowBanner"          = $false
}
$ConnectParams.Organization = 'fabrikam.onmicrosoft.com'
$ConnectParams += @{ SkipLoadingFormatData = $true }
Connect-ExchangeOnline @ConnectParams
