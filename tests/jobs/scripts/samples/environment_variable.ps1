param($Cloud)
Connect-ExchangeOnline -ExchangeEnvironmentName $Cloud
