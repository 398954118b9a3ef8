# Starts one of azd's hooks with a Python 3.13: `run.ps1 prepackage`, `run.ps1 preprovision`, `run.ps1 postprovision`.
# What a hook does is in the Python file of its name; azd calls this on Windows, run.sh on Linux and macOS.
param([Parameter(Mandatory)][ValidateSet('prepackage', 'preprovision', 'postprovision')][string] $Hook)

Set-Location (Join-Path $PSScriptRoot '..' '..')

$probe = 'import sys; sys.exit(sys.version_info[:2] != (3, 13))'
$candidates = @(, @($env:PYTHON)) + @(, @('.venv\Scripts\python.exe')) + @(, @('py', '-3.13')) + @(, @('python'))
foreach ($candidate in $candidates) {
    $command = $candidate[0]
    $arguments = @($candidate | Select-Object -Skip 1)
    if (-not $command -or -not (Get-Command $command -ErrorAction SilentlyContinue)) { continue }
    & $command @arguments -c $probe 2>$null
    if ($LASTEXITCODE -eq 0) {
        & $command @arguments -m "infra.hooks.$Hook"
        exit $LASTEXITCODE
    }
}
[Console]::Error.WriteLine('Python 3.13 is needed and was not found. If it is not on PATH, name it: $env:PYTHON = "C:\path\to\python.exe"')
exit 1
