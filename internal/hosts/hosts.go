// Package hosts knows the families of container-instance hosts: how to tell them apart,
// how the ECS agent is restarted on each, and how to look at names from inside one. It is
// pure: it gives scripts as text and reads what they printed; who runs them is no matter.
package hosts

import (
	_ "embed"
	"strings"
)

// Family is a kind of host on which the ECS agent is run, and restarted, in its own way.
type Family string

// The families, by the names that people read.
const (
	AmazonLinux1    Family = "Amazon Linux 1"
	AmazonLinux2    Family = "Amazon Linux 2"
	AmazonLinux2023 Family = "Amazon Linux 2023"
	Packaged        Family = "Linux with a package of the agent" // Ubuntu, Debian, RHEL, SUSE and what is like them
	Docker          Family = "Linux with the agent as a container"
	Bottlerocket    Family = "Bottlerocket"
	Windows         Family = "Windows"
	External        Family = "ECS Anywhere"
	Managed         Family = "ECS Managed Instances"
	Unknown         Family = "unknown"
)

// Seen is what is known of a host; what is not known is empty.
type Seen struct {
	OS, OSFamily    string // attributes ecs.os-type and ecs.os-family of the container instance
	AMIName         string // EC2's name of the image
	PlatformName    string // these three as Systems Manager's DescribeInstanceInformation says them
	PlatformVersion string
	PlatformType    string
	External        bool // ECS Anywhere
	Managed         bool // ECS Managed Instances: AWS runs the agent
}

// FamilyOf tells the family of a host. Systems Manager, which looked at the host itself, is
// believed before the name of an image; but for Bottlerocket, since there Systems Manager
// looks from inside a container.
//
// Names: packaging and README of github.com/aws/amazon-ecs-agent, ECS guide (ECS-optimized
// AMIs), github.com/bottlerocket-os/bottlerocket.
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
	// Somebody looked at the host and saw a Linux without a name here. The script finds out
	// how the agent runs. The ECS attribute alone says no more than that it is not Windows.
	if strings.EqualFold(s.PlatformType, "linux") && platform != "" && !strings.HasPrefix(platform, "amazon linux") {
		return Packaged
	}
	return Unknown
}

// How the names of images begin that Amazon makes of these. Elsewhere in a name the words
// tell nothing.
const (
	windowsImage      = "windows_server-"
	bottlerocketImage = "bottlerocket-"
)

// words are those in the names of images and platforms that tell a family, in lower case.
// The more telling ones come first.
var words = [...]struct {
	word string
	f    Family
}{
	{"amzn2-ami", AmazonLinux2}, {"al2023-ami", AmazonLinux2023}, {"al2022-ami", AmazonLinux2023}, {"amzn-ami", AmazonLinux1},
	{"flatcar", Docker}, {"coreos", Docker}, {"container linux", Docker},
	{"ubuntu", Packaged}, {"debian", Packaged}, {"rhel", Packaged}, {"red hat", Packaged}, {"centos", Packaged}, {"rocky", Packaged},
	{"almalinux", Packaged}, {"oracle linux", Packaged}, {"fedora", Packaged}, {"suse", Packaged}, {"sles", Packaged},
}

// distribution finds the first of the words in a name in lower case.
func distribution(name string) (Family, string) {
	for _, w := range words {
		if strings.Contains(name, w.word) {
			return w.f, w.word
		}
	}
	return Unknown, ""
}

// ImageWord is what in the name of an image tells FamilyOf the family: a name that begins
// with it is of the same one. It is empty where the name tells nothing.
func ImageWord(name string) string {
	name = strings.ToLower(name)
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

// What the scripts of this package exit with. Standard error says what was tried and what
// to do.
const (
	NoAgent  = 3 // no agent was found
	NotBack  = 4 // the agent was restarted and did not come back
	Failed   = 5 // the command that restarts failed
	CantLook = 6 // names cannot be looked up on the host
)

// Restart tells how the agent of a family is restarted by Run Command.
type Restart struct {
	Document string // empty: it cannot be, or need not be
	Script   string // waits up to a minute after the restart; give it 120 seconds
	Why      string // why not, where Document is empty; else what to know about it, mostly nothing
}

//go:embed restart.sh
var linux string

//go:embed bottlerocket.sh
var bottlerocket string

//go:embed restart.ps1
var windows string

// RunCommand gives the script that restarts the agent of a family of hosts. All Linux hosts
// share one, which finds out on the host what runs the agent: a family is a guess made from
// outside.
//
// Units ecs and amazon-ecs and the upstart job: github.com/aws/amazon-ecs-agent, packaging.
// Service AmazonECS: the same, misc/windows-deploy/Install-ECSAgent.ps1. Bottlerocket:
// github.com/bottlerocket-os/bottlerocket, sources/models/shared-defaults/ecs.toml (a change
// of an ecs setting restarts ecs.service), sources/api/datastore (a commit reports every key
// that was set), sources/host-ctr (host containers share the network of the host).
func RunCommand(f Family) Restart {
	switch f {
	case AmazonLinux1, AmazonLinux2, AmazonLinux2023, Packaged, Docker:
		return Restart{Document: Shell, Script: linux}
	case Windows:
		return Restart{Document: PowerShell, Script: windows}
	case Bottlerocket:
		return Restart{Document: Shell, Script: bottlerocket,
			Why: "Run Command lands in the control container, which cannot restart services. The script sets the agent's log level to what it is, upon which " +
				"Bottlerocket restarts the agent, and believes only in an agent that has opened its port anew. This follows from Bottlerocket's source and is " +
				"not documented; where it fails, reboot the host."}
	case External:
		return Restart{Why: "The host is outside AWS (ECS Anywhere). The endpoints of a VPC are not on its way, unless it is connected to that VPC and asks its DNS."}
	case Managed:
		return Restart{Why: "AWS runs the agent of ECS Managed Instances, and nobody else can restart it. New tasks on new instances use the endpoints."}
	}
	return Restart{Why: "Neither the image nor Systems Manager tells what host this is, and so not how its agent is restarted. Reboot it after draining, or restart the agent by hand."}
}

// ByHand are commands for somebody who has a login on the host.
type ByHand struct {
	Page   []string // what the AWS page says; empty: it does not fit this host
	Better []string // what is better; empty: the page's commands are right, or there are none
	Check  []string // tells that the agent is back
	Why    string
}

// BySSH gives the commands that restart the agent of a family of hosts by hand.
//
// Page: Amazon ECS interface VPC endpoints, "To restart the Amazon ECS container agent".
func BySSH(f Family) ByHand {
	page := []string{"sudo docker stop ecs-agent", "sudo docker start ecs-agent"}
	check := []string{"curl -s http://127.0.0.1:51678/v1/metadata"}
	const supervised = "On this host the service starts the agent's container, watches over it and sets up the routes by which tasks get credentials. After docker stop " +
		"it takes the agent for finished; what docker start then runs is not watched over, not updated, and those routes are gone."
	switch f {
	case AmazonLinux2, AmazonLinux2023:
		return ByHand{Page: page, Better: []string{"sudo systemctl restart ecs"}, Check: check, Why: supervised}
	case AmazonLinux1:
		return ByHand{Page: page, Better: []string{"sudo stop ecs", "sudo start ecs"}, Check: check, Why: supervised}
	case Packaged:
		return ByHand{Page: page, Better: []string{"sudo systemctl restart ecs # on SUSE: sudo systemctl restart amazon-ecs"}, Check: check,
			Why: supervised + " Where systemctl knows no such unit, the page's commands are right."}
	case Docker:
		return ByHand{Page: page, Check: check, Why: "The agent was started with docker run, and no service watches over it, so the page's commands are right."}
	case Bottlerocket:
		return ByHand{Better: []string{"apiclient exec admin sheltie systemctl restart ecs.service"},
			Why: "The agent is a service of the host, not a container, so the page's commands find nothing. Run this in the admin or the control container; the " +
				"admin container must be enabled (enable-admin-container). Where that is not wanted: apiclient reboot, after draining."}
	case Windows:
		return ByHand{Better: []string{"Restart-Service AmazonECS"}, Check: []string{"(Get-Service AmazonECS).Status"},
			Why: "The agent is a Windows service, so the page's commands do not fit. Run this in PowerShell as an administrator."}
	case External:
		return ByHand{Better: []string{"sudo systemctl restart ecs"}, Check: check,
			Why: RunCommand(f).Why + " If it is, restart the service, which watches over the agent's container."}
	case Managed:
		return ByHand{Why: RunCommand(f).Why}
	}
	return ByHand{Page: page, Better: []string{"sudo systemctl restart ecs"}, Check: check,
		Why: "What host this is could not be told. Where systemctl knows unit ecs (on SUSE amazon-ecs), restart that: an agent that was stopped behind its service's back " +
			"is not watched over any more. Where it does not, the page's commands are right; on Bottlerocket neither are, so reboot it."}
}
