$pw = ConvertTo-SecureString -String "Bearer $token" -AsPlainText -Force
$c = New-Object System.Management.Automation.PSCredential($upn, $pw)
$s = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri "https://outlook.office365.com/PowerShell-LiveId?DelegatedOrg=contoso.onmicrosoft.com&BasicAuthToOAuthConversion=true" -Credential $c -Authentication Basic -AllowRedirection
Import-PSSession -Session $s -Prefix Cust -AllowClobber | Out-Null
Get-CustMailbox -Identity x
