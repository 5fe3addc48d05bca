function Open-It { param([hashtable]$With) Connect-ExchangeOnline @With }
Open-It -With $settings.Exchange
