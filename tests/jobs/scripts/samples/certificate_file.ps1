param([string]$PfxPath = 'C:\Certs\exo.pfx', [securestring]$PfxPassword)
Connect-ExchangeOnline -CertificateFilePath $PfxPath -CertificatePassword $PfxPassword -AppId "5f0d1c1e-1111-4222-8333-444455556666" -Organization "fabrikam.onmicrosoft.com"
Get-CASMailbox -Identity anna
