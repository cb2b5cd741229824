# Restarts the Amazon ECS agent of a Windows host and waits until its service runs.
# Prints one line: agent-restarted AmazonECS.
# Exit codes: 3 no agent was found, 4 the agent did not come back, 5 the restart failed.
$ErrorActionPreference = 'Stop'
$name = 'AmazonECS'

function Stop-With([int]$code, [string]$text) {
    [Console]::Error.WriteLine($text)
    exit $code
}

if (-not (Get-Service -Name $name -ErrorAction SilentlyContinue)) {
    Stop-With 3 "No ECS agent was found. Tried: service $name. Restart the agent the same way it was started on this host, or reboot the host."
}

try {
    Restart-Service -Name $name
} catch {
    Stop-With 5 "Tried: Restart-Service $name. It failed: $($_.Exception.Message) The agent may be stopped now. See C:\ProgramData\Amazon\ECS\log, fix the problem, then run this script again."
}

# A service that fails right after its start is Running for a moment, so require three checks in a row.
$running = 0
for ($i = 0; $i -lt 30; $i++) {
    if ((Get-Service -Name $name).Status -eq 'Running') { $running++ } else { $running = 0 }
    if ($running -ge 3) {
        Write-Output "agent-restarted $name"
        exit 0
    }
    Start-Sleep -Seconds 2
}
Stop-With 4 "Service $name was restarted, but does not stay running. See C:\ProgramData\Amazon\ECS\log."
