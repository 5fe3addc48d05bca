$s = nsn -ConfigurationName Microsoft.Exchange -ConnectionUri https://ps.outlook.com/powershell/ -Credential $c -Authentication Basic -AllowRedirection
ipsn $s
gsn | rsn
