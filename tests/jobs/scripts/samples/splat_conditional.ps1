$p = @{ ShowBanner = $false }
if ($Unattended) {
    $p.CertificateThumbprint = $Thumb
    $p.AppId = $App
} else {
    $p.UserPrincipalName = $Upn
}
Connect-ExchangeOnline @p
