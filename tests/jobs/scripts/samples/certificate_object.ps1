$cert = Get-ChildItem Cert:\CurrentUser\My | Where-Object { $_.Subject -eq 'CN=exo' }
Connect-ExchangeOnline -Certificate $cert -AppId $env:APP_ID -Organization fabrikam.onmicrosoft.com
Get-Mailbox
