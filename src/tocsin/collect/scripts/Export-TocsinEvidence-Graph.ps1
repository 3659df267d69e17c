<#
.SYNOPSIS
Writes down who holds keys and roles in this Entra tenant that concern Exchange, for Tocsin to read. Changes nothing.

.DESCRIPTION
Asks with Get-Mg* cmdlets only and writes one JSON file per question, and manifest.json, into a new
folder. Of a key only its identifiers and dates are written, never the key; of a secret only that it
is there, and until when.

Needs the Microsoft Graph PowerShell modules Microsoft.Graph.Applications, Microsoft.Graph.Users and
Microsoft.Graph.Identity.DirectoryManagement, and a session. Sign in first:

Connect-MgGraph -Scopes Application.Read.All, Directory.Read.All

.PARAMETER OutputFolder
Where the new folder goes.

.EXAMPLE
.\Export-TocsinEvidence-Graph.ps1 -OutputFolder C:\Temp\tocsin
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

if (-not (Get-Command -Name Get-MgServicePrincipal -ErrorAction SilentlyContinue)) {
    throw 'Get-MgServicePrincipal is not here: install the Microsoft Graph PowerShell modules.'
}
if (-not (Get-MgContext)) { throw 'Not signed in: use Connect-MgGraph first.' }
OpenFolder 'entra'

# "Office 365 Exchange Online", the same application in every tenant.
$exchangeAppId = '00000002-0000-0ff1-ce00-000000000000'
# Name that the hybrid application of an Exchange organisation begins with.
$dedicated = 'ExchangeServerApp-'
# Applications looked at closely, at most; more are written down as a fault.
$script:Limit = 500

$principalNames = @('id', 'appId', 'displayName', 'servicePrincipalType', 'appOwnerOrganizationId',
    'accountEnabled', 'keyCredentials', 'passwordCredentials', 'createdDateTime', 'owners')
$applicationNames = @('id', 'appId', 'displayName', 'signInAudience', 'keyCredentials',
    'passwordCredentials', 'createdDateTime', 'owners')
$script:Owners = @()
# Whether everything came that later questions rest on.
$script:HoldersKnown = $false
$script:OwnersKnown = $false

# Of a key: which one, of what kind, from when until when. Never the key.
function Get-KeyFacts {
    param($Credentials)
    foreach ($each in $Credentials) {
        $identifier = $null
        $bytes = $each.CustomKeyIdentifier
        if ($bytes -is [string]) {
            $identifier = $bytes
        } elseif ($null -ne $bytes -and ($bytes.Length -eq 20 -or $bytes.Length -eq 32)) {
            $identifier = [System.BitConverter]::ToString($bytes) -replace '-', ''
        } elseif ($null -ne $bytes) {
            # Graph sends the thumbprint's text, which the module takes for base64 and unpacks.
            $identifier = [System.Convert]::ToBase64String($bytes)
        }
        [ordered] @{
            customKeyIdentifier = $identifier; keyId = [string] $each.KeyId; displayName = $each.DisplayName
            startDateTime = $each.StartDateTime; endDateTime = $each.EndDateTime
            type = $each.Type; usage = $each.Usage
        }
    }
}

# Of a secret: that it is there, and until when.
function Get-SecretFacts {
    param($Credentials)
    foreach ($each in $Credentials) {
        [ordered] @{
            keyId = [string] $each.KeyId; displayName = $each.DisplayName
            startDateTime = $each.StartDateTime; endDateTime = $each.EndDateTime
        }
    }
}

function Get-OwnerName {
    param($Owner)
    $more = $Owner.AdditionalProperties
    foreach ($key in @('userPrincipalName', 'displayName')) {
        if ($more.ContainsKey($key) -and $more[$key]) { return [string] $more[$key] }
    }
    return [string] $Owner.Id
}

function Get-PrincipalFacts {
    param([string] $Id)
    # Keys are only given when asked for by name.
    $found = Get-MgServicePrincipal -ServicePrincipalId $Id -Property @('id', 'appId', 'displayName', 'servicePrincipalType', 'appOwnerOrganizationId', 'accountEnabled', 'keyCredentials', 'passwordCredentials') -ErrorAction Stop
    $facts = [ordered] @{
        id = $found.Id; appId = $found.AppId; displayName = $found.DisplayName
        servicePrincipalType = $found.ServicePrincipalType
        appOwnerOrganizationId = $found.AppOwnerOrganizationId; accountEnabled = $found.AccountEnabled
        keyCredentials = @(Get-KeyFacts $found.KeyCredentials)
        passwordCredentials = @(Get-SecretFacts $found.PasswordCredentials)
    }
    try {
        $facts['owners'] = @(Get-MgServicePrincipalOwner -ServicePrincipalId $Id -All -ErrorAction Stop | ForEach-Object { Get-OwnerName $_ })
    } catch {
        # Owners that are not known are left out: that is not the same as none.
        Write-Host ('  owners of ' + $found.DisplayName + ': ' + $_.Exception.Message)
    }
    [pscustomobject] $facts
}

function Get-AssignmentFacts {
    param([Parameter(ValueFromPipeline = $true)] $Assignment)
    process {
        [pscustomobject] @{
            id = $Assignment.Id; appRoleId = [string] $Assignment.AppRoleId
            principalId = $Assignment.PrincipalId; principalType = $Assignment.PrincipalType
            principalDisplayName = $Assignment.PrincipalDisplayName
            resourceId = $Assignment.ResourceId; resourceDisplayName = $Assignment.ResourceDisplayName
            createdDateTime = $Assignment.CreatedDateTime
        }
    }
}

#region Who may do what in Exchange Online
$script:Holders = [ordered] @{}
Ask 'Get-MgOrganization' 'entra' @('id', 'displayName', 'onPremisesSyncEnabled',
    'onPremisesLastSyncDateTime', 'tenantType', 'verifiedDomains') {
    $script:Organisation = Get-MgOrganization -ErrorAction Stop | Select-Object -First 1
    [pscustomobject] @{
        id = $script:Organisation.Id; displayName = $script:Organisation.DisplayName
        onPremisesSyncEnabled = $script:Organisation.OnPremisesSyncEnabled
        onPremisesLastSyncDateTime = $script:Organisation.OnPremisesLastSyncDateTime
        tenantType = $script:Organisation.TenantType
        verifiedDomains = @($script:Organisation.VerifiedDomains | ForEach-Object { $_.Name })
    }
}
$assignmentNames = @('id', 'appRoleId', 'principalId', 'principalType', 'principalDisplayName', 'resourceId',
    'resourceDisplayName', 'createdDateTime')
Ask 'Get-MgServicePrincipalAppRoleAssignedTo' 'entra' $assignmentNames {
    foreach ($each in @(Get-MgServicePrincipal -Filter ("appId eq '" + $exchangeAppId + "'") -Property 'id' -ErrorAction Stop)) {
        Get-MgServicePrincipalAppRoleAssignedTo -ServicePrincipalId $each.Id -All -ErrorAction Stop | ForEach-Object {
            if ($_.PrincipalType -eq 'ServicePrincipal') { $script:Holders[[string] $_.PrincipalId] = $true }
            $_ | Get-AssignmentFacts
        }
    }
    Get-MgServicePrincipal -Filter ("startswith(displayName,'" + $dedicated + "')") -All -Property 'id' -ErrorAction Stop | ForEach-Object {
        $script:Holders[[string] $_.Id] = $true
    }
    $script:HoldersKnown = $true
}
$script:AppIds = [ordered] @{}
Ask 'Get-MgServicePrincipal' 'entra' $principalNames {
    foreach ($each in @(Get-MgServicePrincipal -Filter ("appId eq '" + $exchangeAppId + "'") -Property 'id' -ErrorAction Stop)) {
        Get-PrincipalFacts $each.Id
    }
    $missed = @()
    foreach ($id in @($script:Holders.Keys | Select-Object -First $script:Limit)) {
        try {
            $facts = Get-PrincipalFacts $id
            $script:AppIds[[string] $facts.appId] = $true
            $facts
        } catch {
            $missed += $id + ': ' + $_.Exception.Message
        }
    }
    if ($script:Holders.Count -gt $script:Limit) { $missed += 'more than ' + $script:Limit + ' applications, the rest was not read' }
    if ($missed.Count -gt 0) {
        $script:HoldersKnown = $false
        throw ($missed -join '; ')
    }
    if (-not $script:HoldersKnown) { throw 'not all applications with rights in Exchange Online are known' }
}
Ask 'Get-MgServicePrincipalAppRoleAssignment' 'entra' $assignmentNames {
    foreach ($id in @($script:Holders.Keys | Select-Object -First $script:Limit)) {
        Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $id -All | Get-AssignmentFacts
    }
    if (-not $script:HoldersKnown) { throw 'not all applications with rights in Exchange Online are known' }
}
Ask 'Get-MgApplication' 'entra' $applicationNames {
    $ids = [ordered] @{}
    Get-MgApplication -Filter ("startswith(displayName,'" + $dedicated + "')") -All -Property 'id' -ErrorAction Stop | ForEach-Object {
        $ids[[string] $_.Id] = $true
    }
    foreach ($appId in @($script:AppIds.Keys)) {
        # An application of another tenant has its registration there, and none here.
        Get-MgApplication -Filter ("appId eq '" + $appId + "'") -Property 'id' -ErrorAction Stop | ForEach-Object { $ids[[string] $_.Id] = $true }
    }
    $all = $script:HoldersKnown
    foreach ($id in @($ids.Keys)) {
        $found = Get-MgApplication -ApplicationId $id -Property @('id', 'appId', 'displayName', 'signInAudience', 'keyCredentials', 'passwordCredentials', 'createdDateTime') -ErrorAction Stop
        $facts = [ordered] @{
            id = $found.Id; appId = $found.AppId; displayName = $found.DisplayName
            signInAudience = $found.SignInAudience; createdDateTime = $found.CreatedDateTime
            keyCredentials = @(Get-KeyFacts $found.KeyCredentials)
            passwordCredentials = @(Get-SecretFacts $found.PasswordCredentials)
        }
        try {
            $facts['owners'] = @(Get-MgApplicationOwner -ApplicationId $id -All -ErrorAction Stop | ForEach-Object { Get-OwnerName $_ })
            $script:Owners += @($facts['owners'] | ForEach-Object {
                    [pscustomobject] @{ AppId = $found.AppId; UserPrincipalName = $_ }
                })
        } catch {
            $all = $false
        }
        [pscustomobject] $facts
    }
    $script:OwnersKnown = $all
    if (-not $script:HoldersKnown) {
        throw 'not all applications with rights in Exchange Online are known'
    }
}
Ask 'Get-MgApplicationOwner' 'entra' @('AppId', 'UserPrincipalName') {
    $script:Owners
    if (-not $script:OwnersKnown) { throw 'the owners of some applications are not known' }
}
#endregion

#region Who holds a role in the tenant, and whether the account comes from your own directory
Ask 'Get-MgDirectoryRoleMember' 'entra' @('Role', 'RoleTemplateId', 'MemberType', 'MemberId',
    'DisplayName', 'UserPrincipalName', 'onPremisesSyncEnabled', 'accountEnabled') {
    foreach ($role in @(Get-MgDirectoryRole -All -ErrorAction Stop)) {
        Get-MgDirectoryRoleMember -DirectoryRoleId $role.Id -All | ForEach-Object {
            $kind = ([string] $_.AdditionalProperties['@odata.type']) -replace '^#microsoft\.graph\.', ''
            $member = [ordered] @{
                Role = $role.DisplayName; RoleTemplateId = $role.RoleTemplateId; MemberType = $kind
                MemberId = $_.Id; DisplayName = $_.AdditionalProperties['displayName']
            }
            if ($kind -eq 'user') {
                $user = Get-MgUser -UserId $_.Id -Property @('id', 'userPrincipalName', 'onPremisesSyncEnabled', 'accountEnabled')
                if ($null -ne $user) {
                    $member['UserPrincipalName'] = $user.UserPrincipalName
                    $member['onPremisesSyncEnabled'] = $user.OnPremisesSyncEnabled
                    $member['accountEnabled'] = $user.AccountEnabled
                }
            }
            [pscustomobject] $member
        }
    }
}
#endregion

CloseFolder ([string] $script:Organisation.DisplayName) ([string] (Get-MgContext).Account)
