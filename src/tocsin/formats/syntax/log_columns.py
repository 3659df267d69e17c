"""The columns of Exchange's text logs, version by version, and which column names belong to which.

Sources: headers of real logs of Exchange 2010 to 2019 as published (2013: CAS and mailbox server
logs quoted in articles of 2016 and 2017; 2016 and 2019: artefacts.help, CC0; Exchange 2019 and SE
differ by no column that is known here), and the products' documentation.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

_VERSION = "MajorVersion,MinorVersion,BuildVersion,RevisionVersion"

_PROXY_FRONT = (
    f"DateTime,RequestId,{_VERSION},ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,"
    "AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,"
    "ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,"
    "TargetServer,TargetServerVersion,RoutingType,RoutingHint,BackEndCookie,ServerLocatorHost,"
    "ServerLocatorLatency,RequestBytes,ResponseBytes,TargetOutstandingRequests,"
    "AuthModulePerfContext,HttpPipelineLatency,CalculateTargetBackEndLatency,GlsLatencyBreakup,"
    "TotalGlsLatency,AccountForestLatencyBreakup,TotalAccountForestLatency,"
    "ResourceForestLatencyBreakup,TotalResourceForestLatency,ADLatency,"
)
_PROXY_TIMES = (
    "ActivityContextLifeTime,ModuleToHandlerSwitchingLatency,ClientReqStreamLatency,"
    "BackendReqInitLatency,BackendReqStreamLatency,BackendProcessingLatency,"
    "BackendRespInitLatency,BackendRespStreamLatency,ClientRespStreamLatency,"
    "KerberosAuthHeaderLatency,HandlerCompletionLatency,RequestHandlerLatency,"
    "HandlerToModuleSwitchingLatency,ProxyTime,CoreLatency,RoutingLatency,HttpProxyOverhead,"
    "TotalRequestTime,"
)
_SHARED_CACHE = "SharedCacheLatencyBreakup,TotalSharedCacheLatency,"

_TRACKING = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,"
    "source,event-id,internal-message-id,message-id,{network}recipient-address,recipient-status,"
    "total-bytes,recipient-count,related-recipient-address,reference,message-subject,"
    "sender-address,return-path,message-info,directionality,tenant-id,original-client-ip,"
    "original-server-ip,custom-data{end}"
)

_EWS = (
    f"DateTime,RequestId,{_VERSION},{{ring}}ClientRequestId,AuthenticationType,IsAuthenticated,"
    "AuthenticatedUser,Organization,UserAgent,VersionInfo,ClientIpAddress,ServerHostName,"
    "FrontEndServer,SoapAction,HttpStatus,RequestSize,ResponseSize,ErrorCode,ImpersonatedUser,"
    "ProxyAsUser,ActAsUser,Cookie,CorrelationGuid,PrimaryOrProxyServer,TaskType,"
    "RemoteBackendCount,LocalMailboxCount,RemoteMailboxCount,LocalIdCount,RemoteIdCount,"
    "BeginBudgetConnections,EndBudgetConnections,BeginBudgetHangingConnections,"
    "EndBudgetHangingConnections,BeginBudgetAD,EndBudgetAD,BeginBudgetCAS,EndBudgetCAS,"
    "BeginBudgetRPC,EndBudgetRPC,BeginBudgetFindCount,EndBudgetFindCount,"
    "BeginBudgetSubscriptions,EndBudgetSubscriptions,MDBResource,MDBHealth,MDBHistoricalLoad,"
    "ThrottlingPolicy,ThrottlingDelay,ThrottlingRequestType,TotalDCRequestCount,"
    "TotalDCRequestLatency,TotalMBXRequestCount,TotalMBXRequestLatency,RecipientLookupLatency,"
    "ExchangePrincipalLatency,HttpPipelineLatency,CheckAccessCoreLatency,AuthModuleLatency,"
    "CallContextInitLatency,PreExecutionLatency,CoreExecutionLatency,TotalRequestTime,"
    "DetailedExchangePrincipalLatency,ClientStatistics,GenericInfo,AuthenticationErrors,"
    "GenericErrors,Puid{end}"
)

_CMDLET = (
    f"DateTime,StartTime,RequestId,ClientRequestId,{_VERSION},ServerHostName,ProcessId,"
    "ProcessName,ThreadId,CultureInfo,Organization,AuthenticatedUser,ExecutingUserSid,"
    "EffectiveOrganization,UserServicePlan,IsAdmin,ClientApplication,Cmdlet,Parameters,"
    "CmdletUniqueId,UserBudgetOnStart,ContributeToFailFast,RunspaceSettingsCreationHint,"
    "ADViewEntireForest,ADRecipientViewRoot,ADConfigurationDomainControllers,"
    "ADPreferredGlobalCatalogs,ADPreferredDomainControllers,"
    "ADUserConfigurationDomainController,ADUserPreferredGlobalCatalog,"
    "ADuserPreferredDomainControllers,ThrottlingInfo,DelayInfo,ThrottlingDelay,"
    "IsOutputObjectRedacted,CmdletProxyStage,CmdletProxyRemoteServer,"
    "CmdletProxyRemoteServerVersion,CmdletProxyMethod,ProxiedObjectCount,CmdletProxyLatency,"
    "OutputObjectCount,ParameterBinding,BeginProcessing,ProcessRecord,EndProcessing,"
    "StopProcessing,BizLogic,PowerShellLatency,UserInteractionLatency,"
    "ProvisioningLayerLatency,ActivityContextLifeTime,TotalTime,ErrorType,ExecutionResult,"
    "CacheHitCount,CacheMissCount,GenericLatency,GenericInfo,GenericErrors"
)


class Version(msgspec.Struct, frozen=True):
    """The columns of one kind of log as a version of Exchange writes them."""

    surface: str
    since: str
    columns: tuple[str, ...]


def _version(surface: str, since: str, columns: str) -> Version:
    return Version(surface, since, tuple(columns.split(",")))


VERSIONS: tuple[Version, ...] = (
    _version(
        "httpproxy",
        "2016, 2019, SE",
        _PROXY_FRONT
        + _SHARED_CACHE
        + _PROXY_TIMES
        + "RouteRefresherLatency,UrlQuery,BackEndGenericInfo,GenericInfo,GenericErrors,EdgeTraceId,"
        "DatabaseGuid,UserADObjectGuid,PartitionEndpointLookupLatency,RoutingStatus",
    ),
    _version(
        "httpproxy",
        "2013 CU, 2016",
        _PROXY_FRONT
        + _SHARED_CACHE
        + _PROXY_TIMES
        + "RouteRefresherLatency,UrlQuery,BackEndGenericInfo,GenericInfo,GenericErrors",
    ),
    _version(
        "httpproxy",
        "2013",
        _PROXY_FRONT.replace("UrlHost,", "").replace("RoutingType,", "")
        + "ActivityContextLifeTime,ModuleToHandlerSwitching,FirstResponseByteReceived,ProxyTime,"
        "RequestHandlerLatency,HandlerToModuleSwitching,HttpProxyOverhead,TotalRequestTime,"
        "UrlQuery,GenericInfo,GenericErrors",
    ),
    _version("ecp-server", "2013", "TimeStamp,ServerName,EventId,EventData"),
    _version("ecp-activity", "2013", "TimeStamp,ServerName,EventId,EventData"),
    _version("oabgen", "2013", "Timestamp,RecordType,TraceId,OabGuid,AddressListGuid,Message"),
    _version(
        "rps-http",
        "2013",
        f"DateTime,StartTime,RequestId,{_VERSION},ClientRequestId,UrlHost,UrlStem,"
        "AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,ManagedOrganization,"
        "ClientIpAddress,ServerHostName,FrontEndServer,HttpStatus,SubStatus,ErrorCode,Action,"
        "CommandId,CommandName,SessionId,ShellId,FailFast,ContributeToFailFast,RequestBytes,"
        "ClientInfo,CPU,Memory,ActivityContextLifeTime,TotalTime,UrlQuery,GenericLatency,"
        "GenericInfo,GenericErrors",
    ),
    _version("rps-cmdlet", "2013", _CMDLET),
    _version(
        "rps-cmdlet",
        "2016, 2019, SE",
        f"{_CMDLET},ObjectGuid,ExternalDirectoryOrganizationId,ExternalDirectoryObjectId,"
        "NonPiiParameters",
    ),
    _version(
        "rps-authz",
        "2013",
        f"DateTime,StartTime,RequestId,{_VERSION},ServerHostName,IsAuthorized,Operation,Action,"
        "AuthenticationType,AuthenticatedUser,Organization,ManagedOrganization,SessionId,Function,"
        "AuthorizeUser,AuthorizeOperation,GetQuota,WSManOperationComplete,WSManUserComplete,"
        "WSManQuotaComplete,ValidateConnectionLimit,GetApplicationPrivateData,"
        "GetInitialSessionState,VariantConfigurationSnapshot,CmdletFlightEnabled,"
        "CmdletFlightDisabled,ServerActiveRunspaces,ServerActiveUsers,UserBudgetOnStart,"
        "TenantBudgetOnStart,ContributeToFailFast,ActivityContextLifeTime,TotalTime,"
        "GenericLatency,GenericInfo,GenericErrors",
    ),
    _version(
        "autodiscover",
        "2013",
        f"DateTime,RequestId,{_VERSION},ClientRequestId,AuthenticationType,IsAuthenticated,"
        "AuthenticatedUser,Organization,UserAgent,ClientIpAddress,ServerHostName,FrontEndServer,"
        "SoapAction,HttpStatus,ErrorCode,RedirectType,BeginBudgetConnections,"
        "EndBudgetConnections,BeginBudgetAD,EndBudgetAD,BeginBudgetCAS,EndBudgetCAS,"
        "ThrottlingPolicy,TotalDCRequestCount,TotalDCRequestLatency,HttpPipelineLatency,"
        "CheckAccessCoreLatency,CoreExecutionLatency,CallerADLatency,RequestedUserADLatency,"
        "ExchangePrincipalLatency,TotalRequestTime,GenericInfo,AuthenticationErrors,"
        "GenericErrors,Puid",
    ),
    _version("ews", "2013", _EWS.format(ring="", end="")),
    _version(
        "ews",
        "2016 CU9, 2019, SE",
        _EWS.format(
            ring="Ring,",
            end=",StartTime,ProcessId,TimeInGC,StartTotalMemory,EndTotalMemory,StartGCCounts,"
            "EndGCCounts,TokenBasedThrottlingPolicy,BudgetKey,CoinsCharged,CoinsChargedMethod,"
            "SidBudgetInfo,AppBudgetInfo,TenantBudgetInfo,ResourceAccessed,"
            "ResourceHealthBasedThreshold,ThrottledBy,BackoffHint,WorkClassification",
        ),
    ),
    _version(
        "mapihttp",
        "2016, 2019, SE",
        "DateTime,RequestId,MapiRequestId,ClientRequestId,RequestType,HttpStatusCode,ResponseCode,"
        f"StatusCode,ReturnCode,TotalRequestLatency,DeploymentRing,{_VERSION},"
        "AuthenticatedUserEmail,UPN,Puid,TenantGuid,MailboxId,MDBGuid,ActAsUserEmail,ClientIP,"
        "SourceCafeServer,EdgeInfo,NetworkDeviceInfo,SessionCookie,SequenceCookie,MapiClientInfo,"
        "ClientSoftware,ClientSoftwareVersion,ClientMode,AuthenticationType,AuthModuleLatency,"
        "LiveIdBasicLog,LiveIdBasicError,LiveIdNegotiateError,OAuthLatency,OAuthError,"
        "OAuthErrorCategory,OAuthExtraInfo,AuthenticatedUser,RopIds,OperationSpecific,GenericInfo,"
        "GenericErrors",
    ),
    _version(
        "httpfilter",
        "2016 CU21, 2019 CU10, SE",
        f"DateTime,{_VERSION},ServerHostName,SharedCacheLatency,TotalLatency,HttpMethod,UrlHost,"
        "UrlStem,UrlQuery,ServerIP,Protocol,HeaderNames,CookieNames,ScanResult,GenericInfo,"
        "GenericErrors",
    ),
    _version("messagetracking", "2010", _TRACKING.format(network="", end="")),
    _version("messagetracking", "2013", _TRACKING.format(network="network-message-id,", end="")),
    _version(
        "messagetracking",
        "2016, 2019, SE",
        _TRACKING.format(
            network="network-message-id,", end=",transport-traffic-type,log-id,schema-version"
        ),
    ),
    _version(
        "smtp",
        "2010",
        "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,"
        "data,context",
    ),
    _version(
        "agent",
        "2013, 2016, 2019, SE",
        "Timestamp,SessionId,LocalEndpoint,RemoteEndpoint,EnteredOrgFromIP,MessageId,"
        "P1FromAddress,P2FromAddresses,Recipient,NumRecipients,Agent,Event,Action,SmtpResponse,"
        "Reason,ReasonData,Diagnostics,NetworkMsgID,TenantID,Directionality",
    ),
    _version(
        "audit-queue",
        "2016, 2019, SE",
        "Timestamp,Server,TenantId,RecordType,Data,UserKey,RecordId,Operation,Workload,"
        "ResultStatus,Version,Scope",
    ),
)

LOG_TYPES = {
    "httpproxy logs": "httpproxy",
    "ecp server log": "ecp-server",
    "ecp activity context log": "ecp-activity",
    "oab generator log": "oabgen",
    "rps http logs": "rps-http",
    "rps cmdlet logs": "rps-cmdlet",
    "rps authz logs": "rps-authz",
    "ews logs": "ews",
    "mapihttp logs": "mapihttp",
    "autodiscover protocol logs": "autodiscover",
    "psws logs": "rps-cmdlet",
    "http request filtering logs": "httpfilter",
    "message tracking log": "messagetracking",
    "smtp receive protocol log": "smtp",
    "smtp send protocol log": "smtp",
    "agent log": "agent",
    "audit": "audit-queue",
}
"""What stands behind `#Log-type:`, lower case."""

TIMES = ("datetime", "timestamp", "date-time", "mytimestamp", "timegenerated", "starttime")
"""How the column of the time is called."""

_PLAIN = re.compile(r"[^a-z0-9]+")


def plain(name: str) -> str:
    """A column's name without case, hyphens and blanks, by which names are compared."""
    return _PLAIN.sub("", name.lower())


@cache
def names_of(surface: str) -> dict[str, str]:
    """Every column of a kind of log: plain name to the producer's."""
    found: dict[str, str] = {}
    for each in VERSIONS:
        if each.surface == surface:
            for name in each.columns:
                found.setdefault(plain(name), name)
    return found


@cache
def surfaces_known() -> tuple[str, ...]:
    """The kinds of logs whose columns are known, in order."""
    return tuple(dict.fromkeys(each.surface for each in VERSIONS))
