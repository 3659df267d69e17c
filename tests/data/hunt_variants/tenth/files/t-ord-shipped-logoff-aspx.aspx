<%@ Page language="c#" AutoEventWireup="false" Inherits="Microsoft.Exchange.HttpProxy.Logoff" %>
<%@ Import namespace="Microsoft.Exchange.Clients"%>
<%@ Import namespace="Microsoft.Exchange.Clients.Owa.Core"%>
<%@ Import namespace="Microsoft.Exchange.HttpProxy"%>
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.0 Transitional//EN">
<html dir="<%=IsRtl ? "rtl" : "ltr" %>">
<head>
<meta http-equiv="Content-Type" content="text/html; CHARSET=utf-8">
<title><%=LocalizedStrings.GetHtmlEncoded(Strings.IDs.SignedOutTitle)%></title>
<script>
function clsWn(){ window.close(); }
</script>
</head>
<body onload="initLogoff();"></body>
</html>
