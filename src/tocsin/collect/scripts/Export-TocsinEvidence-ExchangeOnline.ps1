<#
.SYNOPSIS
Writes down how this Exchange Online organisation trusts your own servers, for Tocsin to read. Changes nothing.

.DESCRIPTION
Asks with Get-* cmdlets only and writes one JSON file per cmdlet, and manifest.json, into a new folder.
Stored credentials of migration endpoints are not read. A question that is refused is written down
with its reason.

Needs the module ExchangeOnlineManagement and a session: sign in first with Connect-ExchangeOnline as
Global Reader or as a member of View-Only Organization Management.

.PARAMETER OutputFolder
Where the new folder goes.

.EXAMPLE
.\Export-TocsinEvidence-ExchangeOnline.ps1 -OutputFolder C:\Temp\tocsin
#>
[CmdletBinding()]
param(
    [string] $OutputFolder = '.'
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

if (-not (Get-Command -Name Get-InboundConnector -ErrorAction SilentlyContinue)) {
    throw 'Get-InboundConnector is not here: sign in first with Connect-ExchangeOnline.'
}
OpenFolder 'exchange-online'

# What nearly every object has: who it is, and when it was last changed.
$common = @('Name', 'Identity', 'Guid', 'WhenCreatedUTC', 'WhenChangedUTC')

#region Mail between the two sides
Ask 'Get-InboundConnector' 'exchange-online' ($common + @('Enabled', 'ConnectorType', 'ConnectorSource',
        'Comment', 'SenderIPAddresses', 'SenderDomains', 'TrustedOrganizations', 'ClientHostNames',
        'AssociatedAcceptedDomains', 'RequireTls', 'RestrictDomainsToIPAddresses',
        'RestrictDomainsToCertificate', 'CloudServicesMailEnabled', 'TreatMessagesAsInternal',
        'TlsSenderCertificateName', 'EFTestMode', 'EFSkipLastIP', 'EFSkipIPs', 'EFSkipMailGateway',
        'EFUsers', 'ScanAndDropRecipients')) {
    Get-InboundConnector
}
Ask 'Get-OutboundConnector' 'exchange-online' ($common + @('Enabled', 'ConnectorType', 'ConnectorSource',
        'Comment', 'UseMXRecord', 'RecipientDomains', 'SmartHosts', 'TlsDomain', 'TlsSettings',
        'IsTransportRuleScoped', 'RouteAllMessagesViaOnPremises', 'CloudServicesMailEnabled',
        'AllAcceptedDomains', 'SenderRewritingEnabled', 'MtaStsMode', 'SmtpDaneMode', 'TestMode',
        'IsValidated', 'LastValidationTimestamp')) {
    Get-OutboundConnector -IncludeTestModeConnectors $true
}
Ask 'Get-OnPremisesOrganization' 'exchange-online' ($common + @('OrganizationGuid', 'OrganizationName',
        'HybridDomains', 'InboundConnector', 'OutboundConnector', 'OrganizationRelationship',
        'Comment')) {
    Get-OnPremisesOrganization
}
Ask 'Get-AcceptedDomain' 'exchange-online' ($common + @('DomainName', 'DomainType', 'MatchSubDomains',
        'Default', 'AuthenticationType', 'IsCoexistenceDomain', 'InitialDomain', 'OutboundOnly',
        'SendingFromDomainDisabled')) {
    Get-AcceptedDomain -ResultSize Unlimited
}
Ask 'Get-RemoteDomain' 'exchange-online' ($common + @('DomainName', 'IsInternal', 'TargetDeliveryDomain',
        'TrustedMailInboundEnabled', 'TrustedMailOutboundEnabled', 'AutoForwardEnabled',
        'AllowedOOFType')) {
    Get-RemoteDomain
}
Ask 'Get-TransportConfig' 'exchange-online' ($common + @('TLSReceiveDomainSecureList',
        'TLSSendDomainSecureList', 'InternalSMTPServers', 'HeaderPromotionModeSetting',
        'SmtpClientAuthenticationDisabled', 'AllowLegacyTLSClients')) {
    Get-TransportConfig
}
Ask 'Get-TransportRule' 'exchange-online' ($common + @('Priority', 'State', 'Mode', 'RuleVersion',
        'Conditions', 'Exceptions', 'Actions', 'FromScope', 'SentToScope', 'SenderDomainIs',
        'SenderIpRanges', 'ExceptIfSenderIpRanges', 'HeaderContainsMessageHeader', 'HeaderContainsWords',
        'HeaderMatchesMessageHeader', 'HeaderMatchesPatterns', 'SetSCL', 'SetHeaderName',
        'SetHeaderValue', 'RemoveHeader', 'RouteMessageOutboundConnector', 'StopRuleProcessing',
        'RejectMessageReasonText', 'WhenChanged')) {
    Get-TransportRule -ResultSize Unlimited
}
Ask 'Get-HostedConnectionFilterPolicy' 'exchange-online' ($common + @('IsDefault', 'IPAllowList',
        'IPBlockList', 'EnableSafeList', 'DirectoryBasedEdgeBlockMode')) {
    Get-HostedConnectionFilterPolicy
}
Ask 'Get-ArcConfig' 'exchange-online' ($common + @('ArcTrustedSealers')) {
    Get-ArcConfig
}
#endregion

#region Trust between the two sides
Ask 'Get-OrganizationConfig' 'exchange-online' ($common + @('DisplayName', 'RejectDirectSend',
        'HybridConfigurationStatus', 'OAuth2ClientProfileEnabled', 'EwsEnabled',
        'EwsApplicationAccessPolicy', 'EwsAllowList', 'EwsBlockList', 'IsDehydrated',
        'ConnectorsEnabled', 'SendFromAliasEnabled')) {
    $script:Organisation = Get-OrganizationConfig
    $script:Organisation
}
Ask 'Get-OrganizationRelationship' 'exchange-online' ($common + @('Enabled', 'DomainNames',
        'FreeBusyAccessEnabled', 'FreeBusyAccessLevel', 'FreeBusyAccessScope', 'MailboxMoveEnabled',
        'MailboxMoveCapability', 'MailboxMovePublishedScopes', 'MailTipsAccessEnabled',
        'MailTipsAccessLevel', 'DeliveryReportEnabled', 'ArchiveAccessEnabled', 'PhotosEnabled',
        'OAuthApplicationId', 'TargetApplicationUri', 'TargetSharingEpr', 'TargetOwaURL',
        'TargetAutodiscoverEpr')) {
    Get-OrganizationRelationship
}
Ask 'Get-IntraOrganizationConnector' 'exchange-online' ($common + @('Enabled', 'TargetAddressDomains',
        'DiscoveryEndpoint', 'TargetSharingEpr')) {
    Get-IntraOrganizationConnector
}
Ask 'Get-IntraOrganizationConfiguration' 'exchange-online' ($common + @('OnlineDiscoveryEndpoint',
        'OnlineTargetAddress', 'OnPremiseDiscoveryEndpoint', 'OnPremiseTargetAddresses',
        'OnPremiseWebServiceEndpoint', 'DeploymentIsCompleteIOCReady')) {
    Get-IntraOrganizationConfiguration
}
Ask 'Get-MigrationEndpoint' 'exchange-online' ($common + @('EndpointType', 'RemoteServer', 'RpcProxyServer',
        'ExchangeServer', 'Authentication', 'UseAutoDiscover', 'IsRemote', 'Username',
        'CreatedDateTime', 'LastModifiedDateTime')) {
    Get-MigrationEndpoint
}
Ask 'Get-MigrationBatch' 'exchange-online' ($common + @('Status', 'BatchDirection', 'MigrationType',
        'SourceEndpoint', 'TargetEndpoint', 'TotalCount', 'StartDateTimeUTC', 'CompleteAfterUTC')) {
    Get-MigrationBatch
}
#endregion

#region What Exchange Online says about your servers
# The properties of these two are not documented: their own names are taken, but for anything secret.
function Get-NamesOf {
    param($Object)
    return @($Object.PSObject.Properties | Where-Object {
            $_.Name -notmatch 'Credential|Password|Secret|Token|Key$|RunspaceId|^PS(ComputerName|ShowComputerName)$'
        } | ForEach-Object { $_.Name })
}
$script:Found = @()
$names = @('Name', 'Identity')
try { $script:Found = @(Get-OnPremServerReportInfo -ErrorAction Stop) } catch { $script:Found = @() }
if ($script:Found.Count -gt 0) { $names = Get-NamesOf $script:Found[0] }
Ask 'Get-OnPremServerReportInfo' 'exchange-online' $names {
    if ($script:Found.Count -gt 0) { $script:Found } else { Get-OnPremServerReportInfo }
}
$names = @('Name', 'Identity')
try {
    $script:Found = @(Get-TenantExemptionInfo -BlockingScenario UnpatchedOnPremServer -ErrorAction Stop)
} catch { $script:Found = @() }
if ($script:Found.Count -gt 0) { $names = Get-NamesOf $script:Found[0] }
Ask 'Get-TenantExemptionInfo' 'exchange-online' $names -Also @{ BlockingScenario = 'UnpatchedOnPremServer' } {
    if ($script:Found.Count -gt 0) { $script:Found } else {
        Get-TenantExemptionInfo -BlockingScenario UnpatchedOnPremServer
    }
}
#endregion

$account = ''
try {
    $account = [string] (Get-ConnectionInformation -ErrorAction Stop | Select-Object -First 1).UserPrincipalName
} catch { $account = '' }
CloseFolder ([string] $script:Organisation.Name) $account
