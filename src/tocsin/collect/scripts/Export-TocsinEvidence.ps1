<#
.SYNOPSIS
Writes down how this Exchange organisation is set up, for Tocsin to read. Changes nothing.

.DESCRIPTION
Asks with Get-* cmdlets only and writes one JSON file per cmdlet and server, and manifest.json, into
a new folder. Passwords, stored credentials and private keys are not read. A server that does not
answer is written down as such, and the next one is asked.

Run it in the Exchange Management Shell, Windows PowerShell 5.1, as a member of View-Only Organization
Management. Reading certificates and ExSetup's version of other servers may need more; what is
refused is written down.

.PARAMETER OutputFolder
Where the new folder goes.

.PARAMETER SkipDirectory
Does not read the groups, their members and the access rights in Active Directory.

.EXAMPLE
.\Export-TocsinEvidence.ps1 -OutputFolder C:\Temp\tocsin
#>
[CmdletBinding()]
param(
    [string] $OutputFolder = '.',
    [switch] $SkipDirectory
)

#region Writing: the same in all three scripts
# Nothing below changes anything but the new folder: a test of Tocsin reads every command of this
# file and fails for any that is not Get-*, or one of the few that only work on values at hand.

$script:Entries = [System.Collections.Generic.List[object]]::new()
$script:Utf8 = [System.Text.UTF8Encoding]::new($false)
$script:FaultLimit = 2000
# Flags that Exchange prints in one text; written as a list of names.
$script:Flags = @('AuthMechanism', 'PermissionGroups', 'Services', 'ServerRole', 'TransportRole',
    'MailboxMoveCapability')

function Get-Moment {
    return [datetime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', [System.Globalization.CultureInfo]::InvariantCulture)
}

# Text, number, true or false, a time in UTC, or nothing: what JSON keeps as it is.
function Get-PlainValue {
    param($Value, [string] $Name)
    if ($null -eq $Value) { return $null }
    if ($Value -is [System.Collections.IDictionary]) {
        $inner = [ordered] @{}
        foreach ($key in $Value.Keys) { $inner[[string] $key] = Get-PlainValue $Value[$key] ([string] $key) }
        return $inner
    }
    $type = [string] $Value.PSObject.TypeNames[0]
    if ($type -like '*SwitchParameter') { return ([string] $Value) -eq 'True' }
    # A member of an enumeration that came over the wire is a number with a text: the text counts.
    if ($type -notlike 'Deserialized.*') {
        if ($Value -is [bool]) { return [bool] $Value }
        if ($Value -is [datetime]) {
            $moment = [datetime] $Value
            if ($Name -like '*UTC') { $moment = [datetime]::SpecifyKind($moment, [DateTimeKind]::Utc) }
            $moment = $moment.ToUniversalTime()
            return $moment.ToString('yyyy-MM-ddTHH:mm:ssZ', [System.Globalization.CultureInfo]::InvariantCulture)
        }
        if ($Value -is [byte] -or $Value -is [int16] -or $Value -is [int32] -or $Value -is [int64] -or
            $Value -is [uint32] -or $Value -is [double]) { return $Value }
    }
    return [string] $Value
}

# The named properties of one object. One that the object does not have is left out: absent is not empty.
function Get-PlainObject {
    param($Object, [string[]] $Properties, $Also)
    $row = [ordered] @{}
    foreach ($name in $Also.Keys) { $row[$name] = $Also[$name] }
    foreach ($name in $Properties) {
        $property = $Object.PSObject.Properties[$name]
        if ($null -eq $property) { continue }
        try { $value = $property.Value } catch { continue }
        $many = $value -is [System.Collections.IEnumerable] -and $value -isnot [string] -and
            $value -isnot [System.Collections.IDictionary]
        if (-not $many -and $null -ne $value -and $script:Flags -contains $name) {
            $value = @(([string] $value) -split ',\s*')
            $many = $true
        }
        if ($many) {
            $list = [System.Collections.Generic.List[object]]::new()
            foreach ($each in $value) { $list.Add((Get-PlainValue $each $name)) }
            $row[$name] = $list.ToArray()
        } else {
            $row[$name] = Get-PlainValue $value $name
        }
    }
    return $row
}

# Ask one question, write one file. A question that fails is written down with its reason, and the
# objects that came before it failed are kept. $Read sees the server's name as $_; what is in $Also is
# written with every object.
function Ask {
    param([string] $Cmdlet, [string] $Side, [string[]] $Properties, [scriptblock] $Read,
        [string] $Server = '', [string] $Part = '', $Also = @{})
    $items = [System.Collections.Generic.List[object]]::new()
    $faults = [System.Collections.Generic.List[string]]::new()
    Write-Progress -Activity 'Tocsin' -Status ($Cmdlet + ' ' + $Server)
    try {
        $Server | ForEach-Object -Process $Read 2>&1 | ForEach-Object {
            if ($_ -is [System.Management.Automation.ErrorRecord]) {
                $faults.Add([string] $_.Exception.Message)
            } elseif ($null -ne $_) {
                $items.Add((Get-PlainObject $_ $Properties $Also))
            }
        }
    } catch {
        $faults.Add([string] $_.Exception.Message)
    }
    $fault = $null
    if ($faults.Count -gt 0) {
        $fault = $faults -join '; '
        if ($fault.Length -gt $script:FaultLimit) { $fault = $fault.Substring(0, $script:FaultLimit) }
        Write-Host ('  ' + $Cmdlet + ' ' + $Server + ': ' + $fault)
    }
    $file = ((@($Cmdlet, $Server, $Part) -ne '') -join '.') -replace '[^A-Za-z0-9._-]', '_'
    $file = $file + '.json'
    $document = [ordered] @{
        tocsin = 'export'; version = 1; cmdlet = $Cmdlet; side = $Side; server = $Server
        time = Get-Moment; error = $fault; items = $items.ToArray()
    }
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($script:Folder, $file),
        (ConvertTo-Json -InputObject $document -Depth 6), $script:Utf8)
    $script:Entries.Add([ordered] @{
            cmdlet = $Cmdlet; side = $Side; server = $Server; file = $file; count = $items.Count
            error = $fault
        })
}

function OpenFolder {
    param([string] $Name)
    $script:Started = Get-Moment
    # .NET takes a relative path from elsewhere than the shell does.
    $where = $OutputFolder
    if (-not [System.IO.Path]::IsPathRooted($where)) {
        $where = [System.IO.Path]::Combine((Get-Location -PSProvider FileSystem).ProviderPath, $where)
    }
    $stamp = $script:Started -replace '[:-]', ''
    $script:Folder = [System.IO.Path]::Combine($where, $Name + '-' + $stamp)
    $null = [System.IO.Directory]::CreateDirectory($script:Folder)
}

function CloseFolder {
    param([string] $Title, [string] $Account)
    $manifest = [ordered] @{
        tocsin = 'manifest'; version = 1; organisation = $Title; started = $script:Started
        finished = Get-Moment; account = $Account; entries = $script:Entries.ToArray()
    }
    [System.IO.File]::WriteAllText([System.IO.Path]::Combine($script:Folder, 'manifest.json'),
        (ConvertTo-Json -InputObject $manifest -Depth 6), $script:Utf8)
    $failed = @($script:Entries | Where-Object { $null -ne $_['error'] }).Count
    Write-Progress -Activity 'Tocsin' -Completed
    Write-Host ('{0} questions asked, {1} not or only partly answered: {2}' -f
        $script:Entries.Count, $failed, $script:Folder)
    Write-Host ('Next: tocsin examine "' + $script:Folder + '"')
}
#endregion

if (-not (Get-Command -Name Get-ExchangeServer -ErrorAction SilentlyContinue)) {
    throw 'Get-ExchangeServer is not here: run this in the Exchange Management Shell.'
}
OpenFolder 'on-premises'

# What nearly every object has: who it is, and when it was last changed.
$common = @('Name', 'Identity', 'Guid', 'DistinguishedName', 'WhenCreatedUTC', 'WhenChangedUTC')

#region The organisation
Ask 'Get-OrganizationConfig' 'on-premises' ($common + @('ObjectVersion', 'ExchangeVersion',
        'HybridConfigurationStatus', 'OAuth2ClientProfileEnabled',
        'PerTenantSwitchToESTSEnabled', 'RejectDirectSend', 'MapiHttpEnabled', 'EwsEnabled',
        'EwsApplicationAccessPolicy', 'EwsAllowList', 'EwsBlockList', 'MitigationsEnabled',
        'MicrosoftExchangeRecipientEmailAddresses', 'MicrosoftExchangeRecipientPrimarySmtpAddress')) {
    $script:Organisation = Get-OrganizationConfig
    $script:Organisation
}
Ask 'Get-HybridConfiguration' 'on-premises' ($common + @('ClientAccessServers', 'EdgeTransportServers',
        'ReceivingTransportServers', 'SendingTransportServers', 'OnPremisesSmartHost', 'Domains',
        'Features', 'ExternalIPAddresses', 'TlsCertificateName', 'ServiceInstance')) {
    Get-HybridConfiguration
}
Ask 'Get-AcceptedDomain' 'on-premises' ($common + @('DomainName', 'DomainType', 'MatchSubDomains',
        'Default', 'AuthenticationType', 'IsCoexistenceDomain', 'InitialDomain')) {
    Get-AcceptedDomain
}
Ask 'Get-RemoteDomain' 'on-premises' ($common + @('DomainName', 'IsInternal', 'TargetDeliveryDomain',
        'TrustedMailInboundEnabled', 'TrustedMailOutboundEnabled', 'AutoForwardEnabled',
        'AllowedOOFType')) {
    Get-RemoteDomain
}
Ask 'Get-TransportConfig' 'on-premises' ($common + @('TLSReceiveDomainSecureList',
        'TLSSendDomainSecureList', 'InternalSMTPServers', 'HeaderPromotionModeSetting')) {
    Get-TransportConfig
}
Ask 'Get-TransportRule' 'on-premises' ($common + @('Priority', 'State', 'Mode', 'RuleVersion',
        'Conditions', 'Exceptions', 'Actions', 'FromScope', 'SentToScope', 'SenderDomainIs',
        'SenderIpRanges', 'HeaderContainsMessageHeader', 'HeaderContainsWords',
        'HeaderMatchesMessageHeader', 'HeaderMatchesPatterns', 'SetSCL', 'SetHeaderName',
        'SetHeaderValue', 'RemoveHeader', 'RouteMessageOutboundConnector', 'StopRuleProcessing',
        'RejectMessageReasonText', 'WhenChanged')) {
    Get-TransportRule
}
Ask 'Get-SendConnector' 'on-premises' ($common + @('Enabled', 'AddressSpaces', 'SmartHosts',
        'DNSRoutingEnabled', 'SourceTransportServers', 'HomeMtaServerId', 'RequireTLS', 'TlsAuthLevel',
        'TlsDomain', 'TlsCertificateName', 'IgnoreSTARTTLS', 'CloudServicesMailEnabled', 'Fqdn',
        'FrontendProxyEnabled', 'SmartHostAuthMechanism', 'IsScopedConnector', 'RequireOorg',
        'DomainSecureEnabled', 'SourceIPAddress', 'Port', 'Comment', 'ProtocolLoggingLevel')) {
    Get-SendConnector
}
Ask 'Get-EdgeSubscription' 'on-premises' ($common + @('Site', 'Domain', 'LeaseType', 'LeaseExpires',
        'CreateUtc')) {
    Get-EdgeSubscription
}
#endregion

#region Trust between organisations, and tokens
Ask 'Get-AuthConfig' 'on-premises' ($common + @('CurrentCertificateThumbprint',
        'PreviousCertificateThumbprint', 'NextCertificateThumbprint', 'NextCertificateEffectiveDate',
        'ServiceName', 'Realm')) {
    Get-AuthConfig
}
Ask 'Get-AuthServer' 'on-premises' ($common + @('Type', 'Realm', 'Enabled', 'ApplicationIdentifier',
        'IssuerIdentifier', 'TokenIssuingEndpoint', 'AuthorizationEndpoint', 'AuthMetadataUrl',
        'IsDefaultAuthorizationEndpoint', 'DomainName', 'TrustAnySSLCertificate',
        'CertificateStrings')) {
    Get-AuthServer
}
Ask 'Get-PartnerApplication' 'on-premises' ($common + @('Enabled', 'ApplicationIdentifier', 'Realm',
        'UseAuthServer', 'AcceptSecurityIdentifierInformation', 'LinkedAccount', 'AuthMetadataUrl',
        'IssuerIdentifier', 'AccountType', 'AppOnlyPermissions', 'ActAsPermissions',
        'TrustAnySSLCertificate', 'CertificateStrings')) {
    Get-PartnerApplication
}
Ask 'Get-SettingOverride' 'on-premises' ($common + @('ComponentName', 'SectionName', 'Parameters',
        'Status', 'Server', 'MinVersion', 'MaxVersion', 'FixVersion', 'Reason', 'ModifiedBy',
        'FlightName', 'IsFlight')) {
    Get-SettingOverride
}
Ask 'Get-OrganizationRelationship' 'on-premises' ($common + @('Enabled', 'DomainNames',
        'FreeBusyAccessEnabled', 'FreeBusyAccessLevel', 'FreeBusyAccessScope', 'MailboxMoveEnabled',
        'MailboxMoveCapability', 'MailTipsAccessEnabled', 'MailTipsAccessLevel',
        'DeliveryReportEnabled', 'ArchiveAccessEnabled', 'PhotosEnabled', 'OAuthApplicationId',
        'TargetApplicationUri', 'TargetSharingEpr', 'TargetOwaURL', 'TargetAutodiscoverEpr')) {
    Get-OrganizationRelationship
}
Ask 'Get-IntraOrganizationConnector' 'on-premises' ($common + @('Enabled', 'TargetAddressDomains',
        'DiscoveryEndpoint', 'TargetSharingEpr')) {
    Get-IntraOrganizationConnector
}
Ask 'Get-IntraOrganizationConfiguration' 'on-premises' ($common + @('OnlineDiscoveryEndpoint',
        'OnlineTargetAddress', 'OnPremiseDiscoveryEndpoint', 'OnPremiseTargetAddresses',
        'OnPremiseWebServiceEndpoint', 'DeploymentIsCompleteIOCReady',
        'HasNonIOCReadyExchangeCASServerVersions', 'HasNonIOCReadyExchangeMailboxServerVersions')) {
    Get-IntraOrganizationConfiguration
}
Ask 'Get-FederationTrust' 'on-premises' ($common + @('ApplicationIdentifier', 'ApplicationUri',
        'NamespaceProvisioner', 'TokenIssuerUri', 'TokenIssuerMetadataEpr', 'TokenIssuerEpr',
        'PolicyReferenceUri')) {
    Get-FederationTrust
}
#endregion

#region The servers, each on its own: one that is switched off must not stop the others
$script:Servers = @()
Ask 'Get-ExchangeServer' 'on-premises' ($common + @('Fqdn', 'Domain', 'Edition', 'AdminDisplayVersion',
        'ServerRole', 'IsEdgeServer', 'IsMailboxServer', 'IsHubTransportServer', 'IsClientAccessServer',
        'IsFrontendTransportServer', 'IsExchangeTrialEdition', 'Site', 'NetworkAddress', 'DataPath',
        'MitigationsEnabled', 'MitigationsApplied', 'MitigationsBlocked', 'InternetWebProxy')) {
    $script:Servers = @(Get-ExchangeServer)
    $script:Servers
}

$setup = @('FileName', 'FileVersion', 'ProductVersion')
$urls = $common + @('Server', 'InternalUrl', 'ExternalUrl')
$logons = @('ExtendedProtectionTokenChecking', 'ExtendedProtectionFlags', 'ExtendedProtectionSPNList',
    'InternalAuthenticationMethods', 'ExternalAuthenticationMethods', 'BasicAuthentication',
    'DigestAuthentication', 'WindowsAuthentication', 'OAuthAuthentication', 'WSSecurityAuthentication',
    'FormsAuthentication', 'AdfsAuthentication', 'CertificateAuthentication', 'LiveIdBasicAuthentication',
    'AdminEnabled', 'OwaEnabled', 'RequireSSL', 'MRSProxyEnabled', 'MetabasePath', 'Path')

function Get-SetupVersion {
    param([string] $Fqdn, [bool] $Here)
    if ($Here) {
        $local = Get-Command -Name ExSetup.exe -ErrorAction SilentlyContinue
        if ($local) {
            return $local.FileVersionInfo
        }
    }
    $place = 'C:\Program Files\Microsoft\Exchange Server\V15\'
    $reasons = @()
    try {
        $hive = [Microsoft.Win32.RegistryKey]::OpenRemoteBaseKey('LocalMachine', $Fqdn)
        $key = $hive.OpenSubKey('SOFTWARE\Microsoft\ExchangeServer\v15\Setup')
        if ($null -ne $key) { $place = [string] $key.GetValue('MsiInstallPath', $place) }
        $hive.Close()
    } catch {
        $reasons += 'registry: ' + $_.Exception.Message
    }
    $path = $place.TrimEnd('\') + '\Bin\ExSetup.exe'
    try {
        $share = 'Microsoft.PowerShell.Core\FileSystem::\\' + $Fqdn + '\' + ($path -replace '^([A-Za-z]):', '$1$$')
        $found = Get-Item -LiteralPath $share -ErrorAction Stop
        return $found.VersionInfo
    } catch {
        $reasons += 'share: ' + $_.Exception.Message
    }
    try {
        $query = "SELECT Version, Name FROM CIM_DataFile WHERE Name='" + ($path -replace '\\', '\\') + "'"
        $found = Get-CimInstance -ComputerName $Fqdn -Query $query -OperationTimeoutSec 30 -ErrorAction Stop
        if ($found) {
            return [pscustomobject] @{ FileName = $found.Name; FileVersion = $found.Version }
        }
        $reasons += 'WMI: no such file'
    } catch {
        $reasons += 'WMI: ' + $_.Exception.Message
    }
    throw ($reasons -join '; ')
}

foreach ($server in $script:Servers) {
    $name = [string] $server.Name
    $fqdn = [string] $server.Fqdn
    if (-not $fqdn) { $fqdn = $name }
    $here = $name -eq [Environment]::MachineName

    Ask 'Get-Command ExSetup.exe' 'on-premises' $setup -Server $name -Also @{ Name = 'ExSetup.exe' } {
        Get-SetupVersion $fqdn $here
    }
    Ask 'Get-ExchangeCertificate' 'on-premises' @('Thumbprint', 'Subject', 'Issuer', 'SerialNumber',
        'CertificateDomains', 'Services', 'HasPrivateKey', 'PrivateKeyExportable', 'NotBefore', 'NotAfter',
        'IsSelfSigned', 'RootCAType', 'Status', 'PublicKeySize', 'FriendlyName') -Server $name {
        Get-ExchangeCertificate -Server $_
    }
    $script:Connectors = $null
    Ask 'Get-ReceiveConnector' 'on-premises' ($common + @('Enabled', 'Server', 'TransportRole', 'Bindings',
            'RemoteIPRanges', 'AuthMechanism', 'PermissionGroups', 'RequireTLS', 'TlsCertificateName',
            'TlsDomainCapabilities', 'Fqdn', 'ServiceDiscoveryFqdn', 'DomainSecureEnabled',
            'SuppressXAnonymousTls', 'EnableAuthGSSAPI', 'ExtendedProtectionPolicy',
            'RequireEHLODomain', 'AcceptConsumerMail', 'DefaultDomain', 'Comment',
            'ProtocolLoggingLevel')) -Server $name {
        $script:Connectors = @(Get-ReceiveConnector -Server $_ -ErrorAction Stop)
        $script:Connectors
    }
    Ask 'Get-ADPermission' 'on-premises' @('Identity', 'User', 'ExtendedRights', 'Deny',
        'IsInherited') -Server $name {
        # No connectors known is not the same as no rights on them.
        if ($null -eq $script:Connectors) { throw 'the receive connectors of this server are not known' }
        foreach ($connector in $script:Connectors) {
            $identity = [string] $connector.Identity
            Get-ADPermission -Identity ([string] $connector.DistinguishedName) |
                Where-Object { $_.ExtendedRights } | ForEach-Object {
                    [pscustomobject] @{
                        Identity = $identity; User = [string] $_.User; ExtendedRights = @($_.ExtendedRights)
                        Deny = $_.Deny; IsInherited = $_.IsInherited
                    }
                }
        }
    }
    Ask 'Get-WebServicesVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'EWS' } {
        Get-WebServicesVirtualDirectory -Server $_
    }
    Ask 'Get-EcpVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'ECP' } {
        Get-EcpVirtualDirectory -Server $_
    }
    Ask 'Get-MapiVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'MAPI' } {
        Get-MapiVirtualDirectory -Server $_
    }
    Ask 'Get-OwaVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'OWA' } {
        Get-OwaVirtualDirectory -Server $_
    }
    Ask 'Get-OabVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'OAB' } {
        Get-OabVirtualDirectory -Server $_
    }
    Ask 'Get-ActiveSyncVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'ActiveSync' } {
        Get-ActiveSyncVirtualDirectory -Server $_
    }
    Ask 'Get-AutodiscoverVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'Autodiscover' } {
        Get-AutodiscoverVirtualDirectory -Server $_
    }
    Ask 'Get-PowerShellVirtualDirectory' 'on-premises' ($urls + $logons) -Server $name -Also @{ Service = 'PowerShell' } {
        Get-PowerShellVirtualDirectory -Server $_
    }
    # A server that does not answer still has its addresses in the directory, and only those.
    $unheard = @($script:Entries | Where-Object {
            $_['server'] -eq $name -and $_['cmdlet'] -eq 'Get-WebServicesVirtualDirectory' -and
            ($null -ne $_['error'] -or $_['count'] -eq 0)
        }).Count -gt 0
    if ($unheard) {
        Ask 'Get-WebServicesVirtualDirectory' 'on-premises' $urls -Server $name -Part 'directory' -Also @{ Service = 'EWS' } {
            Get-WebServicesVirtualDirectory -Server $_ -ADPropertiesOnly
        }
    }
}
#endregion

#region Active Directory: Exchange's groups, their members, and what they may do
# Found by their identifiers: an administrator may have given the groups other names.
$wellKnown = @{
    '4C17D0117EBE6642AFAEE03BC66D381F' = 'EWP'
    'EA876A58DB6DD04C9006939818F800EB' = 'ETS'
    'A7D2016C83F003458132789EEB127B84' = 'ExchangeServers'
    'C262A929D691B74A9E068728F8F842EA' = 'OrganizationManagement'
}
$script:Computers = [ordered] @{}
# Whether every member of every group could be looked at.
$script:AllKnown = $false

function Get-DomainOf {
    param([string] $DistinguishedName)
    $parts = @($DistinguishedName -split '(?<!\\),' | Where-Object { $_ -like 'DC=*' })
    return ($parts -replace '^DC=', '') -join '.'
}

function Get-KnownMember {
    param([string] $DistinguishedName)
    $known = [ordered] @{ DistinguishedName = $DistinguishedName }
    $known['Name'] = (($DistinguishedName -split '(?<!\\),')[0] -replace '^[^=]+=', '')
    try {
        $found = Get-ADObject -Identity $DistinguishedName -Server (Get-DomainOf $DistinguishedName) -Properties @('objectSid', 'userAccountControl') -ErrorAction Stop
        $known['ObjectClass'] = [string] $found.ObjectClass
        if ($null -ne $found.objectSid) { $known['Sid'] = [string] $found.objectSid }
        if ($null -ne $found.userAccountControl) {
            $known['Enabled'] = -not [bool] ([int64] $found.userAccountControl -band 2)
        }
        if ($found.ObjectClass -eq 'computer') { $script:Computers[$DistinguishedName] = $true }
    } catch {
        # What is not known of a member is left out; that it is a member still counts.
        $script:AllKnown = $false
    }
    return $known
}

if (-not $SkipDirectory) {
    Ask 'Get-ADGroup' 'directory' @('Name', 'Sid', 'DistinguishedName', 'WellKnown', 'Members') {
        $script:AllKnown = $true
        $groups = 0
        $context = (Get-ADRootDSE -ErrorAction Stop).configurationNamingContext
        $container = Get-ADObject -Identity ('CN=Microsoft Exchange,CN=Services,' + $context) -Properties otherWellKnownObjects -ErrorAction Stop
        foreach ($value in $container.otherWellKnownObjects) {
            $pieces = @(([string] $value) -split ':', 4)
            if ($pieces.Count -ne 4 -or -not $wellKnown.ContainsKey($pieces[2])) { continue }
            $group = Get-ADGroup -Identity $pieces[3] -Server (Get-DomainOf $pieces[3]) -Properties member
            if ($null -eq $group) { $script:AllKnown = $false; continue }
            $groups = $groups + 1
            $members = @($group.member | ForEach-Object { Get-KnownMember ([string] $_) })
            [pscustomobject] @{
                Name = $group.Name; Sid = [string] $group.SID; DistinguishedName = $group.DistinguishedName
                WellKnown = $wellKnown[$pieces[2]]; Members = $members
            }
        }
        # Setup makes them in every forest: none means that they are not shown to this account.
        if ($groups -eq 0) {
            $script:AllKnown = $false
            throw 'none of the groups of Exchange is shown to this account'
        }
    }
    Ask 'Get-ADComputer' 'directory' @('Name', 'DnsHostName', 'Sid', 'DistinguishedName', 'Enabled',
        'UnconstrainedDelegation', 'LastLogon', 'OperatingSystem', 'ServicePrincipalNames') {
        $missed = @()
        if (-not $script:AllKnown) { $missed += 'not all members of the groups are known' }
        foreach ($dn in @($script:Computers.Keys)) {
            try {
                $found = Get-ADComputer -Identity $dn -Server (Get-DomainOf $dn) -Properties @('lastLogonTimestamp', 'userAccountControl', 'servicePrincipalName', 'operatingSystem') -ErrorAction Stop
                $logon = $null
                if ($found.lastLogonTimestamp) { $logon = [datetime]::FromFileTimeUtc([int64] $found.lastLogonTimestamp) }
                [pscustomobject] @{
                    Name = $found.Name; DnsHostName = $found.DNSHostName; Sid = [string] $found.SID
                    DistinguishedName = $found.DistinguishedName; Enabled = [bool] $found.Enabled
                    UnconstrainedDelegation = [bool] ([int64] $found.userAccountControl -band 0x80000)
                    LastLogon = $logon; OperatingSystem = $found.operatingSystem
                    ServicePrincipalNames = @($found.servicePrincipalName)
                }
            } catch {
                $missed += $dn + ': ' + $_.Exception.Message
            }
        }
        if ($missed.Count -gt 0) { throw ($missed -join '; ') }
    }
    Ask 'Get-ADObject' 'directory' @('Object', 'ObjectKind', 'Sddl') {
        $missed = @()
        foreach ($domain in (Get-ADForest -ErrorAction Stop).Domains) {
            try {
                $root = (Get-ADDomain -Identity $domain -Server $domain -ErrorAction Stop).DistinguishedName
                foreach ($kind in @('domain', 'AdminSDHolder')) {
                    $dn = $root
                    if ($kind -eq 'AdminSDHolder') { $dn = 'CN=AdminSDHolder,CN=System,' + $root }
                    $found = Get-ADObject -Identity $dn -Server $domain -Properties nTSecurityDescriptor -ErrorAction Stop
                    if ($null -eq $found.nTSecurityDescriptor) { throw ($dn + ': the rights are not shown') }
                    [pscustomobject] @{
                        Object = $dn; ObjectKind = $kind
                        Sddl = $found.nTSecurityDescriptor.GetSecurityDescriptorSddlForm('Access')
                    }
                }
            } catch {
                $missed += $domain + ': ' + $_.Exception.Message
            }
        }
        if ($missed.Count -gt 0) { throw ($missed -join '; ') }
    }
}
#endregion

CloseFolder ([string] $script:Organisation.Name) ([System.Security.Principal.WindowsIdentity]::GetCurrent().Name)
