$exo = @{ ExchangeEnvironmentName = 'O365GermanyCloud' }
Connect-ExchangeOnline @exo
