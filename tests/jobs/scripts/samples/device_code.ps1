If ($true) { Write-Host "Open the browser" -ForegroundColor Yellow }
Connect-ExchangeOnline `
    -Device `
    -ShowBanner:$false
Get-OrganizationConfig | Format-List Name
