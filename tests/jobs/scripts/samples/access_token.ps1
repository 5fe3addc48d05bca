$answer = Invoke-RestMethod -Method Post -Uri "https://login.microsoftonline.com/$tenantId/oauth2/v2.0/token" -Body $body
Connect-ExchangeOnline -AccessToken $answer.access_token -Organization 'fabrikam.onmicrosoft.com'
