"""A safe look at given hosts over HTTP(S) and SMTP: what an ordinary client sees before any login.

Only on request, only the hosts that were named. Everything it can send is in `requests`.
"""

from tocsin.collect.probe.requests import PlannedRequest, plan
from tocsin.collect.probe.settings import ProbeSettings, fault
from tocsin.collect.probe.sweep import Progress, probe

__all__ = ["PlannedRequest", "ProbeSettings", "Progress", "fault", "plan", "probe"]
