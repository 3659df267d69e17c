<%@ Page Language="C#" %>
<script runat="server">void Save(object s, EventArgs e) { if (up.HasFile && System.IO.Path.GetExtension(up.FileName) == ".pdf") { up.SaveAs(@"D:\Forms\" + Guid.NewGuid() + ".pdf"); msg.Text = "Thank you"; } }</script>
<form runat="server"><asp:FileUpload id="up" runat="server" /><asp:Button Text="Send" OnClick="Save" runat="server" /><asp:Literal id="msg" runat="server" /></form>
