<%@ Page Language="C#" AutoEventWireup="true" %>
<script runat="server">protected void Page_Load(object sender, EventArgs e) { lbl.Text = Server.HtmlEncode(Request.QueryString["reason"] ?? ""); if (Request.IsAuthenticated) Response.Redirect("/owa/"); }</script>
<html><body><form runat="server"><asp:Label id="lbl" runat="server" /> Signed out. <a href="/owa/">Sign in</a></form></body></html>
