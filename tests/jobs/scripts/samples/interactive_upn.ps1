$AdminUPN = "admin@fabrikam.example"
connect-EXCHANGEonline -userprincipalname $AdminUPN -ShowProgress $true
get-mailbox -Identity 'Front Desk'
