$MFAExchangeModule = ((Get-ChildItem -Path $($env:LOCALAPPDATA + "\Apps\2.0\") -Filter CreateExoPSSession.ps1 -Recurse).FullName | Select-Object -Last 1)
. "$MFAExchangeModule"
Connect-EXOPSSession -UserPrincipalName admin@fabrikam.example
Get-PSSession | Remove-PSSession
