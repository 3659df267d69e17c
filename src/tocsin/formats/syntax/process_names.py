"""What products call the parts of a process start, and Sysmon's name of the same: one table.

All names are normalised (`plain_name`). Of several that a record has, the first one here counts: what a
product says of the new process stands before what it says of the one that acted.

CrowdStrike: https://falcon.crowdstrike.com/documentation (Events Data Dictionary); SentinelOne: Deep
Visibility's and the Singularity Data Lake's names; Carbon Black: https://developer.carbonblack.com/
reference/carbon-black-cloud/platform/latest/platform-search-fields/; Cortex:
https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR/Cortex-XDR-XQL-Schema-Reference; osquery:
https://osquery.io/schema/; Elastic: https://www.elastic.co/guide/en/ecs/current/ecs-process.html; Trend
Micro's and Sophos' tables; OCSF: https://schema.ocsf.io/classes/process_activity.
"""

from __future__ import annotations

import re
from functools import lru_cache

NAME_LIMIT = 200
"""Characters of one name that are looked at."""

PATH_LIMIT = 2000
"""Characters of a name with those of the objects around it that are looked at."""

_WRAPPERS_LIMIT = 16
"""Wrappers that are taken off one name."""

_OTHER = re.compile(r"[^a-z0-9]+")

SYNONYMS: dict[str, tuple[str, ...]] = {
    "CommandLine": (
        "childproccmdline", "tgtprocesscmdline", "tgtproccmdline", "targetprocesscmdline", "targetprocesscommandline",
        "actionprocessimagecommandline", "actionprocesscommandline", "objectcmd",
        "processcommandline", "processcmdline", "processcmd", "processcommand", "commandline",
        "cmdline", "targetcmdline", "newprocesscommandline", "processargs",
    ),
    "Image": (
        "childprocname", "tgtprocessimagepath", "tgtprocimagepath", "targetprocessimagepath",
        "actionprocessimagepath", "objectfilepath", "processexecutable", "processimagepath", "processfilepath", "processpath",
        "imagefilename", "imagepath", "newprocessname", "image", "folderpath", "pathname", "path",
        "processname", "filepath", "tgtprocessname", "tgtprocname", "targetprocessname",
        "actionprocessimagename", "objectname", "processfilename", "filename", "name",
    ),
    "ParentImage": (
        "srcprocessimagepath", "srcprocimagepath", "sourceprocessimagepath", "actorprocessimagepath",
        "actorprocessfilepath", "processparentexecutable", "processparentprocessfilepath",
        "parentprocesspath", "parentimagefilename", "parentimagepath", "parentimage", "parentpath",
        "parentfilepath", "processparentpath", "initiatingprocessfolderpath", "parentprocessname",
        "creatorprocessname", "processparentname", "parentname", "srcprocessname", "srcprocname",
        "sourceprocessname", "actorprocessimagename", "actorprocessname",
        "initiatingprocessfilename", "parentbasefilename",
        "parentprocessfilename", "parentprocname", "processparentprocessname",
    ),
    "ParentCommandLine": (
        "srcprocesscmdline", "srcproccmdline", "sourceprocesscmdline", "sourceprocesscommandline",
        "actorprocesscommandline", "actorprocesscmdline", "processparentcommandline",
        "processparentcmdline", "processparentprocesscmdline", "parentprocesscommandline",
        "parentprocesscmdline", "parentcommandline", "parentcmdline", "parentcmd",
        "initiatingprocesscommandline",
    ),
    "Computer": (
        "computername", "agenthostname", "endpointname", "endpointhostname", "devicename",
        "hosthostname", "hostname", "devicehostname", "metahostname", "epname", "computer",
        "decorationshostname", "decorationscomputername", "agentcomputername", "machinename",
        "host", "hostidentifier", "agentname", "aid",
    ),
    "TimeCreated": (
        "processstarttime", "processstart", "tgtprocessstarttime", "tgtprocstarttime",
        "actionprocessinstanceexecutiontime", "starttime", "eventtime", "eventtimedt",
        "eventtimestamp", "timestamp", "timecreated", "timegenerated", "timegeneratedutc",
        "creationtime", "utctime", "devicetimestamp", "time", "datetime", "unixtime",
        "calendartime", "eventcreated", "createtime", "createdat", "start", "logtime",
    ),
    "User": (
        "childprocusername", "tgtprocessuser", "tgtprocuser", "actionprocessusername", "objectuser",
        "processusername", "processuser", "username", "username2", "user", "metausername",
        "accountname", "processusernamename", "processaccountname", "actoreffectiveusername",
        "srcprocessuser", "srcprocuser", "actorusername", "loginuser", "account",
        "processparentuser",
    ),
    "UserDomain": ("userdomain", "accountdomain", "processuserdomain", "domain"),
    "OriginalFileName": (
        "originalfilename", "processpeoriginalfilename", "processversioninfooriginalfilename",
        "tgtprocessimageoriginalfilename", "processoriginalfilename",
    ),
    "RuleName": ("alerttitle", "alertname", "detectname", "detectionname", "title"),
    "CurrentDirectory": (
        "processworkingdirectory", "currentdirectory", "workingdirectory", "cwd",
        "processcurrentdirectory", "actionprocesscwd",
    ),
    "ProcessId": (
        "childprocpid", "tgtprocesspid", "tgtprocpid", "actionprocessospid", "rawprocessid", "objectpid",
        "processpid", "pid", "processid", "targetprocessid",
    ),
    "ParentProcessId": (
        "srcprocesspid", "srcprocpid", "actorprocessospid", "processparentpid", "parentpid",
        "ppid", "parentprocessid", "parent",
    ),
    "IntegrityLevel": (
        "tgtprocessintegritylevel", "tgtprocintegritylevel", "processintegritylevel",
        "integritylevel", "actionprocessintegritylevel",
    ),
}  # fmt: skip

HASHES: dict[str, tuple[str, ...]] = {
    "MD5": (
        "childprocmd5", "tgtprocessimagemd5", "tgtprocimagemd5", "actionprocessimagemd5", "processhashmd5",
        "md5hashdata", "processmd5", "md5", "processmd5hash", "objectfilehashmd5",
    ),
    "SHA1": (
        "tgtprocessimagesha1", "tgtprocimagesha1", "processhashsha1", "sha1hashdata",
        "processsha1", "sha1", "processsha1hash", "objectfilehashsha1", "processimagesha1hash",
    ),
    "SHA256": (
        "childprocsha256", "tgtprocessimagesha256", "tgtprocimagesha256", "actionprocessimagesha256",
        "processhashsha256", "sha256hashdata", "processsha256", "sha256", "processsha256hash",
        "objectfilehashsha256", "processimagesha256hash",
    ),
}  # fmt: skip
"""By algorithm, as Sysmon names it."""

ACTED = {
    "processcmd": "srcprocesscmdline",
    "processcmdline": "srcprocesscmdline",
    "processfilepath": "srcprocessimagepath",
    "processname": "srcprocimagepath",
    "processpath": "srcprocessimagepath",
    "processimagepath": "srcprocessimagepath",
    "processexecutable": "srcprocessimagepath",
    "processcommandline": "srcprocesscmdline",
    "processpid": "srcprocesspid",
    "processuser": "srcprocuser",
    "processusername": "srcprocessuser",
    "processoriginalfilename": "srcprocoriginalfilename",
    "processfilehashsha256": "srcprocsha256",
    "processsha256": "srcprocsha256",
    "processhash": "srcprochash",
}
"""Where a record tells an object or a child beside the process (Trend Micro, Carbon Black), the process is the
one that acted; what the record says of its parent comes behind it."""

OBJECTS = frozenset({"objectcmd", "objectfilepath", "childproccmdline", "childprocname"})
"""What such an object is told by."""

SURE = "eventsimplename"
"""CrowdStrike's name of an event, beside which nothing else says what kind of row it is."""

KINDS = (
    "eventtype",
    "eventsubtype",
    "eventsubid",
    "eventaction",
    "eventcategory",
    "activityname",
    "actiontype",
)
"""Names of a row's kind, of which each must be the start of a process."""

SUB_NUMBERS = {"eventsubid": frozenset({"2", "5"})}
"""Names of a kind that may be told by its number, and the numbers of starts: Trend Micro's
`TELEMETRY_PROCESS_CREATE` and `TELEMETRY_PROCESS_EXECUTE`.
https://github.com/trendmicro/tm-v1-schema"""

LOOSE = ("type", "action")
"""Names that other things have too: they only tell that a row is of another kind."""

NUMBERS = ("eventid", "eventcode")
"""Names of a number of an event, or of its kind in words; all else under them is an identifier."""

PLATFORMS = (
    "eventplatform", "hostostype", "hostosfamily", "hostosplatform", "hostosname", "endpointos",
    "agentostype", "deviceos", "deviceosname", "osfamily", "platform", "ostype", "osname", "os",
)  # fmt: skip

WRAPPERS = frozenset(
    {
        "_source", "fields", "result", "columns", "data", "event", "document", "body", "_raw",
        "@rawstring", "rawstring", "properties", "results", "rows", "events", "hits", "value",
        "records", "reply", "snapshot", "diffresults", "added", "processes",
    }
)  # fmt: skip
"""Members in which tools put a record or its fields; they are no part of a name."""

LISTS = ("results", "Results", "events", "data", "rows", "hits", "value", "records", "processes")
"""Where answers keep their records, and `reply` around them."""

ARGUMENTS = "processargs"
"""A list that makes up a command, where nothing tells it whole."""

PLACES = {
    name: (field, rank)
    for table in (HASHES, SYNONYMS)
    for field, names in table.items()
    for rank, name in enumerate(names)
}
"""Of each name its field, and its place among the names of that field."""

KNOWN = frozenset(
    {
        *PLACES,
        *KINDS,
        *LOOSE,
        *NUMBERS,
        *PLATFORMS,
        SURE,
        "processhash",
    }
)


def plain_name(path: str) -> str:
    """A name, or the dotted path of one, as the table has it: small letters and digits, no wrappers.

    `_source.process.command_line` and `PROCESS_COMMAND_LINE` are both `processcommandline`.
    """
    return _plain_name(path[:PATH_LIMIT])


@lru_cache(maxsize=8192)
def _plain_name(path: str) -> str:
    # SentinelOne's `Source Process` is the parent; Elasticsearch's `_source` is only a wrapper.
    parts = path.lower().removeprefix("_source.").split(".")
    for _ in range(_WRAPPERS_LIMIT):
        name = _OTHER.sub("", "".join(parts))
        # Splunk's add-on tells numbers of CrowdStrike so.
        name = name.removesuffix("decimal")
        if (name in KNOWN and parts[0] != "_source") or len(parts) == 1 or parts[0] not in WRAPPERS:
            return name
        del parts[0]
    return _OTHER.sub("", "".join(parts))
