$onprem = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri http://ex01.corp.example/PowerShell/ -Authentication Kerberos
Import-PSSession $onprem
$server = New-PSSession -ComputerName app01
