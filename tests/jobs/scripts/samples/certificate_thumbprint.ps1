$tenant  = 'fabrikam.onmicrosoft.com'
$thumb   = "0123456789ABCDEF0123456789ABCDEF01234567"
$appId   = '5f0d1c1e-1111-4222-8333-444455556666'
try {
    Connect-ExchangeOnline -CertificateThumbPrint $thumb -AppID $appId -Organization $tenant -ShowBanner:$false
    Get-Mailbox -Identity "boardroom"
}
finally {
    Disconnect-ExchangeOnline -Confirm:$false
}
