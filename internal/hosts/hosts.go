// Package hosts describes the operating systems of container instances, called families: how to
// recognize a family, how to restart the ECS agent on it, and how to look up names from a host.
// The package does no I/O: it returns scripts as text, and callers run them and pass back what
// they printed.
package hosts

import (
	_ "embed"
	"strings"
)

// Family is a kind of host. Each family has its own way to run and restart the ECS agent.
type Family string

// The families, with the names that the wizard shows.
const (
	AmazonLinux1    Family = "Amazon Linux 1"
	AmazonLinux2    Family = "Amazon Linux 2"
	AmazonLinux2023 Family = "Amazon Linux 2023"
	Packaged        Family = "Linux with the agent package" // Ubuntu, Debian, RHEL, SUSE and similar distributions
	Docker          Family = "Linux with the agent as a container"
	Bottlerocket    Family = "Bottlerocket"
	Windows         Family = "Windows"
	External        Family = "ECS Anywhere"
	Managed         Family = "ECS Managed Instances"
	Unknown         Family = "unknown"
)

// Seen is what is known about a host. Unknown fields are empty.
type Seen struct {
	OS, OSFamily    string // attributes ecs.os-type and ecs.os-family of the container instance
	AMIName         string // name of the image in EC2
	PlatformName    string // these three as in Systems Manager's DescribeInstanceInformation
	PlatformVersion string
	PlatformType    string
	External        bool // ECS Anywhere
	Managed         bool // ECS Managed Instances: AWS runs the agent
}

// FamilyOf returns the family of a host. Systems Manager's data comes from the host itself, so it
// takes precedence over the image name. Bottlerocket is the exception, because Systems Manager
// runs in a container there.
//
// Source of the names: packaging and README of github.com/aws/amazon-ecs-agent, ECS guide
// (ECS-optimized AMIs), github.com/bottlerocket-os/bottlerocket.
func FamilyOf(s Seen) Family {
	image, platform := strings.ToLower(s.AMIName), strings.ToLower(s.PlatformName)
	switch {
	case s.Managed:
		return Managed
	case s.External:
		return External
	case strings.EqualFold(s.OS, "windows"), strings.EqualFold(s.PlatformType, "windows"), strings.Contains(platform, "windows"),
		strings.HasPrefix(strings.ToUpper(s.OSFamily), "WINDOWS"), strings.HasPrefix(image, windowsImage):
		return Windows
	case strings.HasPrefix(image, bottlerocketImage), strings.Contains(platform, "bottlerocket"):
		return Bottlerocket
	case strings.HasPrefix(platform, "amazon linux"):
		switch v, _, _ := strings.Cut(s.PlatformVersion, "."); v {
		case "2":
			return AmazonLinux2
		case "2022", "2023": // 2022 was the preview of 2023
			return AmazonLinux2023
		}
		if strings.HasPrefix(platform, "amazon linux ami") { // versions such as 2018.03
			return AmazonLinux1
		}
	}
	if f, _ := distribution(platform); f != Unknown {
		return f
	}
	if f, _ := distribution(image); f != Unknown {
		return f
	}
	// Systems Manager reports a Linux distribution that is not listed here. The script finds out
	// how the agent runs. The ECS attribute alone would not be enough: it only means that the
	// host does not run Windows.
	if strings.EqualFold(s.PlatformType, "linux") && platform != "" && !strings.HasPrefix(platform, "amazon linux") {
		return Packaged
	}
	return Unknown
}

// AgentUpdatable reports whether Amazon ECS can update the agent of an instance with an AMI of this
// name. It can on the ECS-optimized AMIs of Amazon Linux, but not on the arm64 AMI of Amazon Linux 2
// (Amazon ECS developer guide, Updating the Amazon ECS container agent on an Amazon ECS-optimized AMI).
// An unknown name does not count.
func AgentUpdatable(ami string) bool {
	name := strings.ToLower(ami)
	switch f, _ := distribution(name); f {
	case AmazonLinux1:
		return strings.Contains(name, "amazon-ecs-optimized")
	case AmazonLinux2:
		return strings.HasPrefix(name, "amzn2-ami-ecs-") && !strings.Contains(name, "arm64")
	case AmazonLinux2023:
		return strings.HasPrefix(name, "al2023-ami-ecs-")
	}
	return false
}

// Prefixes of image names that Amazon uses for these families. In another position of a name the
// same text has no meaning.
const (
	windowsImage      = "windows_server-"
	bottlerocketImage = "bottlerocket-"
)

// familyMarkers are texts in the names of images and platforms that identify a family, in lower
// case. More specific texts come first.
var familyMarkers = [...]struct {
	text string
	f    Family
}{
	{"amzn2-ami", AmazonLinux2}, {"al2023-ami", AmazonLinux2023}, {"al2022-ami", AmazonLinux2023}, {"amzn-ami", AmazonLinux1},
	{"flatcar", Docker}, {"coreos", Docker}, {"container linux", Docker},
	{"ubuntu", Packaged}, {"debian", Packaged}, {"rhel", Packaged}, {"red hat", Packaged}, {"centos", Packaged}, {"rocky", Packaged},
	{"almalinux", Packaged}, {"oracle linux", Packaged}, {"fedora", Packaged}, {"suse", Packaged}, {"sles", Packaged},
}

// distribution returns the family of the first marker that a lower-case name contains, and that
// marker.
func distribution(name string) (Family, string) {
	for _, m := range familyMarkers {
		if strings.Contains(name, m.text) {
			return m.f, m.text
		}
	}
	return Unknown, ""
}

// ImageWord returns the part of an image name that FamilyOf and AgentUpdatable use: for a name that begins with this
// part they return the same. It is empty if the name does not identify a family.
func ImageWord(name string) string {
	name = strings.ToLower(name)
	if AgentUpdatable(name) {
		for _, begins := range []string{"amzn-ami-amazon-ecs-optimized-", "amzn2-ami-ecs-", "al2023-ami-ecs-"} {
			if family, _ := distribution(begins); family == FamilyOf(Seen{AMIName: name}) {
				return begins
			}
		}
	}
	for _, begins := range []string{windowsImage, bottlerocketImage} {
		if strings.HasPrefix(name, begins) {
			return begins
		}
	}
	_, word := distribution(name)
	return word
}

// Documents of Systems Manager that run scripts.
const (
	Shell      = "AWS-RunShellScript"
	PowerShell = "AWS-RunPowerShellScript"
)

// Exit codes of the scripts in this package. Standard error reports what was tried and what to
// do.
const (
	NoAgent  = 3 // no agent was found
	NotBack  = 4 // the agent was restarted and did not come back
	Failed   = 5 // the restart command failed
	CantLook = 6 // names cannot be looked up on the host
)

// Restart describes how Run Command restarts the agent of a family.
type Restart struct {
	Document string // empty: a restart is impossible or not needed
	Script   string // waits up to a minute after the restart; give it 120 seconds
	Why      string // the reason if Document is empty; otherwise a remark about the script, usually empty
}

//go:embed restart.sh
var linux string

//go:embed bottlerocket.sh
var bottlerocket string

//go:embed restart.ps1
var windows string

// RunCommand returns the script that restarts the agent on hosts of a family. All Linux hosts use
// the same script, which detects on the host how the agent runs, because the family was only
// guessed from outside.
//
// Units ecs and amazon-ecs and the upstart job: github.com/aws/amazon-ecs-agent, packaging.
// Service AmazonECS: the same, misc/windows-deploy/Install-ECSAgent.ps1. Bottlerocket:
// github.com/bottlerocket-os/bottlerocket, sources/models/shared-defaults/ecs.toml (changing an
// ecs setting restarts ecs.service), sources/api/datastore (a commit reports every key that was
// set), sources/host-ctr (host containers share the network of the host).
func RunCommand(f Family) Restart {
	switch f {
	case AmazonLinux1, AmazonLinux2, AmazonLinux2023, Packaged, Docker:
		return Restart{Document: Shell, Script: linux}
	case Windows:
		return Restart{Document: PowerShell, Script: windows}
	case Bottlerocket:
		return Restart{Document: Shell, Script: bottlerocket,
			Why: "Run Command runs in the control container, which cannot restart services. The script sets the agent's log level to its current value. Then " +
				"Bottlerocket restarts the agent, and the script waits until an agent listens on a new socket. This behavior follows from Bottlerocket's source and is " +
				"not documented. If it fails, reboot the host."}
	case External:
		return Restart{Why: "The host is outside AWS (ECS Anywhere). It does not use the endpoints of a VPC unless it is connected to that VPC and uses its DNS."}
	case Managed:
		return Restart{Why: "AWS runs the agent of ECS Managed Instances, so you cannot restart it. New tasks on new instances use the endpoints."}
	}
	return Restart{Why: "Neither the image nor Systems Manager identifies the operating system of this host, so it is not known how to restart its agent. Drain the host and reboot it, or restart the agent manually."}
}

// ByHand are commands for an engineer who logs in to the host.
type ByHand struct {
	Page   []string // commands of the AWS page; empty: they do not work on this host
	Better []string // better commands; empty: the page's commands are right, or no command exists
	Check  []string // shows that the agent is running again
	Why    string
}

// BySSH returns the commands that restart the agent on a host of a family manually.
//
// Page: Amazon ECS interface VPC endpoints, "To restart the Amazon ECS container agent".
func BySSH(f Family) ByHand {
	page := []string{"sudo docker stop ecs-agent", "sudo docker start ecs-agent"}
	check := []string{"curl -s http://127.0.0.1:51678/v1/metadata"}
	const supervised = "The ecs service would not monitor the agent, and tasks could lose access to their credentials."
	switch f {
	case AmazonLinux2, AmazonLinux2023:
		return ByHand{Page: page, Better: []string{"sudo systemctl restart ecs"}, Check: check, Why: supervised}
	case AmazonLinux1:
		return ByHand{Page: page, Better: []string{"sudo stop ecs", "sudo start ecs"}, Check: check, Why: supervised}
	case Packaged:
		return ByHand{Page: page, Better: []string{"sudo systemctl restart ecs # on SUSE: sudo systemctl restart amazon-ecs"}, Check: check,
			Why: supervised + " If systemctl does not have this unit, the page's commands are right."}
	case Docker:
		return ByHand{Page: page, Check: check, Why: "The agent was started with docker run, and no service monitors it, so the page's commands are right."}
	case Bottlerocket:
		return ByHand{Better: []string{"apiclient exec admin sheltie systemctl restart ecs.service"},
			Why: "The agent is a service of the host, not a container, so the page's commands find nothing. Run this in the admin or the control container; the " +
				"admin container must be enabled (enable-admin-container). Alternatively, drain the host and run: apiclient reboot"}
	case Windows:
		return ByHand{Better: []string{"Restart-Service AmazonECS"}, Check: []string{"(Get-Service AmazonECS).Status"},
			Why: "The agent is a Windows service, so the page's commands do not work. Run this in PowerShell as an administrator."}
	case External:
		return ByHand{Better: []string{"sudo systemctl restart ecs"}, Check: check,
			Why: RunCommand(f).Why + " If it does, restart the service, which monitors the agent's container."}
	case Managed:
		return ByHand{Why: RunCommand(f).Why}
	}
	return ByHand{Page: page, Better: []string{"sudo systemctl restart ecs"}, Check: check,
		Why: "The operating system of this host is not known. If systemctl has the unit ecs (on SUSE amazon-ecs), restart that unit: after docker stop and docker start, the agent " +
			"is no longer monitored by its service. If it does not, the page's commands are right. On Bottlerocket none of these work, so reboot the host."}
}
