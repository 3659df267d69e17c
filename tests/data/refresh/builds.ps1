# Copyright (c) Microsoft Corporation.
# Licensed under the MIT License.
# A shortened piece of Get-ExchangeBuildVersionInformation.ps1 with invented updates of 2031.

function Get-ExchangeBuildVersionInformation {
    process {
        if ($exchangeVersion.Major -eq 15 -and $exchangeVersion.Minor -eq 2 -and $exchangeVersion.Build -ge 2562) {
            $exchangeMajorVersion = "ExchangeSE"
            $extendedSupportDate = "12/31/2035"
            $friendlyName = "Exchange SE"
            #Latest Version AD Settings
            $schemaValue = 17004
            $mesoValue = 13244
            $orgValue = 16764

            switch ($exchangeVersion) {
                { $_ -ge (GetBuildVersion $exSE "CU1") } {
                    $cuLevel = "CU1"
                    $cuReleaseDate = "02/11/2031"
                    $supportedBuildNumber = $true
                }
                (GetBuildVersion $exSE "CU1" -SU "Mar31SU") { $latestSUBuild = $true }
                { $_ -lt (GetBuildVersion $exSE "CU1") } {
                    $cuLevel = "RTM"
                    $cuReleaseDate = "07/01/2025"
                    $schemaValue = 17003
                    $mesoValue = 13243
                    $orgValue = 16763
                }
            }
        } elseif ($exchangeVersion.Major -eq 15 -and $exchangeVersion.Minor -eq 2) {
            $exchangeMajorVersion = "Exchange2019"
            $schemaValue = 17003
            $mesoValue = 13243
            $orgValue = 16763

            switch ($exchangeVersion) {
                { $_ -ge (GetBuildVersion $ex19 "CU15") } {
                    $cuLevel = "CU15"
                    $cuReleaseDate = "02/10/2025"
                }
                { $_ -lt (GetBuildVersion $ex19 "CU15") } {
                    $cuLevel = "CU14"
                    $cuReleaseDate = "02/13/2024"
                    $orgValue = 16762
                }
                { $_ -lt (GetBuildVersion $ex19 "CU12") } {
                    $cuLevel = "CU11"
                    $cuReleaseDate = "09/28/2021"
                    $mesoValue = 13242
                    $orgValue = 16759
                }
                (GetBuildVersion $ex19 "CU11" -SU "May22SU") { $mesoValue = 13243 }
            }
        } else {
            Write-Verbose "Unknown version of Exchange is detected."
        }
    }
}

function GetExchangeBuildDictionary {

    function NewCUAndSUObject {
        param(
            [string]$CUBuildNumber,
            [Hashtable]$SUBuildNumber
        )
    }

    @{
        "Exchange2019" = @{
            "CU14" = (NewCUAndSUObject "15.2.1544.4" @{
                    "Mar24SU"   = "15.2.1544.9"
                    "Nov24SUv2" = "15.2.1544.14"
                    "Aug26SU"   = "15.2.1544.99"
                })
            "CU15" = (NewCUAndSUObject "15.2.1748.10" @{
                    "Aug26SU"   = "15.2.1748.49"
                    "Mar31SU"   = "15.2.1748.90"
                })
        }
        "ExchangeSE"   = @{
            "RTM" = (NewCUAndSUObject "15.2.2562.17" @{
                    "Aug26SU"   = "15.2.2562.46"
                    "Mar31SU"   = "15.2.2562.90"
                    "Mar31SUv2" = "15.2.2562.100"
                })
            "CU1" = (NewCUAndSUObject "15.2.3000.5")
        }
    }
}
