$pw = ConvertTo-SecureString 'Sommer2024!' -AsPlainText -Force
$clientSecret = "abc~DEF.ghi-JKL"
$body = @{ client_id = $id; client_secret = 'top-secret-value' }
New-Mailbox -Name x -Password (ConvertTo-SecureString -String "Winter2024!" -AsPlainText -Force)
Invoke-RestMethod -Uri $u -Body "grant_type=client_credentials&client_secret=hidden-in-text"
Some-Tool -ApiPassword plainword
$plain = 'Fruehling2024!'
$sec = $plain | ConvertTo-SecureString -AsPlainText -Force
Set-Mailbox -Identity anna -PasswordNeverExpires
$PasswordPolicy = 'kept'
