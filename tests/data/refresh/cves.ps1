# Copyright (c) Microsoft Corporation.
# Licensed under the MIT License.
# A shortened piece of Invoke-AnalyzerSecurityCveCheck.ps1 with invented CVEs.

function Invoke-AnalyzerSecurityCveCheck {
    $ex1619SE = @("Exchange2016", "Exchange2019", "ExchangeSE")
    $ex2019 = "Exchange2019"
    $exSE = "ExchangeSE"
    $suNameDictionary = @{
        "Mar24SU"   = (@(NewCveEntry @("CVE-2099-1001") @($ex2019)))
        "Mar31SU"   = ((NewCveEntry @("CVE-2099-1002", "CVE-2099-1003") @($ex2019, $exSE)) + (NewCveEntry "CVE-2099-1004" $exSE))
        "Mar31SUv2" = (@(NewCveEntry ("CVE-2099-1005") $ex1619SE))
    }
}
