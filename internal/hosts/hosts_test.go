package hosts

import (
	"strings"
	"testing"
)

var families = []Family{AmazonLinux1, AmazonLinux2, AmazonLinux2023, Packaged, Docker, Bottlerocket, Windows, External, Managed, Unknown, "of tomorrow"}

func TestFamilyOf(t *testing.T) {
	ssm := func(name, version string) Seen {
		return Seen{OS: "linux", OSFamily: "LINUX", PlatformName: name, PlatformVersion: version, PlatformType: "Linux"}
	}
	image := func(name string) Seen { return Seen{OS: "linux", OSFamily: "LINUX", AMIName: name} }
	for name, c := range map[string]struct {
		seen Seen
		want Family
	}{
		"nothing known":        {Seen{}, Unknown},
		"only that it's Linux": {Seen{OS: "linux", OSFamily: "LINUX"}, Unknown},
		"image of somebody":    {image("batch-workers-2024-05"), Unknown},

		"Amazon Linux 2":                {ssm("Amazon Linux", "2"), AmazonLinux2},
		"Amazon Linux 2023":             {ssm("Amazon Linux", "2023"), AmazonLinux2023},
		"Amazon Linux 2023, in full":    {ssm("Amazon Linux", "2023.6.20250218"), AmazonLinux2023},
		"Amazon Linux AMI":              {ssm("Amazon Linux AMI", "2018.03"), AmazonLinux1},
		"Amazon Linux, no version":      {ssm("Amazon Linux", ""), Unknown},
		"Amazon Linux of tomorrow":      {ssm("Amazon Linux", "2027"), Unknown},
		"image amzn2":                   {image("amzn2-ami-ecs-hvm-2.0.20240515-x86_64-ebs"), AmazonLinux2},
		"image amzn2, kernel":           {image("amzn2-ami-ecs-kernel-5.10-hvm-2.0.20240515-arm64-ebs"), AmazonLinux2},
		"image amzn2, gpu":              {image("amzn2-ami-ecs-gpu-hvm-2.0.20240515-x86_64-ebs"), AmazonLinux2},
		"image al2023":                  {image("al2023-ami-ecs-hvm-2023.0.20240515-kernel-6.1-x86_64"), AmazonLinux2023},
		"image al2023, neuron":          {image("al2023-ami-ecs-neuron-hvm-2023.0.20240515-kernel-6.1-x86_64-ebs"), AmazonLinux2023},
		"image amzn":                    {image("amzn-ami-2018.03.20230427-amazon-ecs-optimized"), AmazonLinux1},
		"image made of amzn2":           {image("hardened-amzn2-ami-ecs-hvm-2.0"), AmazonLinux2},
		"Systems Manager before image":  {Seen{AMIName: "amzn2-ami-ecs-hvm-2.0.20240515-x86_64-ebs", PlatformName: "Amazon Linux", PlatformVersion: "2023"}, AmazonLinux2023},
		"image where version is silent": {Seen{AMIName: "al2023-ami-ecs-hvm-2023.0.20240515-kernel-6.1-x86_64", PlatformName: "Amazon Linux"}, AmazonLinux2023},

		"Ubuntu":               {ssm("Ubuntu", "22.04"), Packaged},
		"Debian":               {ssm("Debian GNU/Linux", "12"), Packaged},
		"Red Hat":              {ssm("Red Hat Enterprise Linux", "9.4"), Packaged},
		"Red Hat Server":       {ssm("Red Hat Enterprise Linux Server", "7.2"), Packaged},
		"SLES":                 {ssm("SLES", "15.1"), Packaged},
		"CentOS":               {ssm("CentOS Linux", "7"), Packaged},
		"image ubuntu":         {image("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240501"), Packaged},
		"image debian":         {image("debian-12-amd64-20240507-1740"), Packaged},
		"image RHEL":           {image("RHEL-9.4.0_HVM-20240423-x86_64-62-Hourly2-GP3"), Packaged},
		"image suse":           {image("suse-sles-15-sp5-v20240416-hvm-ssd-x86_64"), Packaged},
		"a Linux without name": {ssm("Gentoo", "2.15"), Packaged},
		"Flatcar":              {ssm("Flatcar Container Linux by Kinvolk", "3815.2.2"), Docker},
		"image CoreOS":         {image("CoreOS-stable-2512.3.0-hvm"), Docker},

		"Bottlerocket":          {ssm("Bottlerocket", "1.32.0"), Bottlerocket},
		"image of Bottlerocket": {image("bottlerocket-aws-ecs-2-x86_64-v1.32.0-cacc4ce9"), Bottlerocket},
		"Bottlerocket, its control container looked at": {Seen{AMIName: "bottlerocket-aws-ecs-2-x86_64-v1.32.0-cacc4ce9", PlatformName: "Amazon Linux", PlatformVersion: "2"}, Bottlerocket},

		"Windows by ECS":             {Seen{OS: "windows", OSFamily: "WINDOWS_SERVER_2022_CORE"}, Windows},
		"Windows by its OS family":   {Seen{OSFamily: "WINDOWS_SERVER_2019_FULL"}, Windows},
		"Windows by the image":       {Seen{AMIName: "Windows_Server-2022-English-Core-ECS_Optimized-2024.05.20"}, Windows},
		"Windows by Systems Manager": {Seen{PlatformName: "Microsoft Windows Server 2019 Datacenter", PlatformVersion: "10.0.17763", PlatformType: "Windows"}, Windows},

		"external": {Seen{OS: "linux", PlatformName: "Ubuntu", PlatformVersion: "22.04", External: true}, External},
		"managed":  {Seen{OS: "linux", AMIName: "bottlerocket-aws-ecs-2-x86_64-v1.32.0-cacc4ce9", Managed: true}, Managed},
	} {
		if got := FamilyOf(c.seen); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The part of an image name that ImageWord keeps identifies the same family as the whole name.
func TestImageWordTellsTheFamily(t *testing.T) {
	names := map[string]string{"Windows_Server-2022-English": windowsImage, "bottlerocket-aws-ecs-2": bottlerocketImage,
		"golden-bottlerocket-2": "", "golden-windows_server-2022": "", "golden": "", "": ""}
	for _, m := range familyMarkers {
		names["golden "+strings.ToUpper(m.text)+"-9"] = m.text
	}
	for name, want := range names {
		got := ImageWord(name)
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if of, is := FamilyOf(Seen{AMIName: got + "x"}), FamilyOf(Seen{AMIName: name}); of != is {
			t.Errorf("%s belongs to %s, but the part that ImageWord keeps to %s", name, is, of)
		}
	}
}

// TestAgentUpdatable also tests the part of the name that ImageWord keeps.
func TestAgentUpdatable(t *testing.T) {
	for ami, want := range map[string]bool{
		"amzn2-ami-ecs-hvm-2.0.20250610-x86_64-ebs": true, "amzn2-ami-ecs-gpu-hvm-2.0.20250610-x86_64-ebs": true, "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20250610-x86_64-ebs": true,
		"al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-x86_64": true, "al2023-ami-ecs-hvm-2023.0.20250610-kernel-6.1-arm64": true, "al2023-ami-ecs-neuron-hvm-2023.0.20250610-kernel-6.1-x86_64": true,
		"amzn-ami-2018.03.m-amazon-ecs-optimized":  true,
		"amzn2-ami-ecs-hvm-2.0.20250610-arm64-ebs": false, "amzn2-ami-ecs-kernel-5.10-hvm-2.0.20250610-arm64-ebs": false,
		"amzn2-ami-kernel-5.10-hvm-2.0.20250610-x86_64-gp2": false, "al2023-ami-2023.7.20250609-kernel-6.1-x86_64": false, "amzn-ami-hvm-2018.03.0-x86_64-gp2": false,
		"bottlerocket-aws-ecs-2-x86_64-v1.40.0": false, "Windows_Server-2022-English-Core-ECS_Optimized-2025.06.10": false, "ubuntu-ecs": false, "my-amzn2-ami-ecs-hvm": false, "": false,
	} {
		if got := AgentUpdatable(ami); got != want {
			t.Errorf("%q: %v", ami, got)
		}
		if word := ImageWord(ami); AgentUpdatable(word+"x") != want {
			t.Errorf("%q: the part %q changes the answer", ami, word)
		}
	}
}

func TestRunCommandIsForEveryFamilyOrSaysWhyNot(t *testing.T) {
	document := map[Family]string{AmazonLinux1: Shell, AmazonLinux2: Shell, AmazonLinux2023: Shell, Packaged: Shell, Docker: Shell, Bottlerocket: Shell, Windows: PowerShell}
	for _, f := range families {
		got := RunCommand(f)
		if got.Document != document[f] {
			t.Errorf("%s: document %q, want %q", f, got.Document, document[f])
		}
		if (got.Document == "") != (got.Script == "") {
			t.Errorf("%s: a document without a script, or a script without a document", f)
		}
		if got.Document == "" && got.Why == "" {
			t.Errorf("%s: gives no reason", f)
		}
		// Systems Manager reads double braces as one of its own parameters.
		if strings.Contains(got.Script, "{{") {
			t.Errorf("%s: the script holds {{", f)
		}
	}
	if why := RunCommand(Bottlerocket).Why; !strings.Contains(why, "not documented") || !strings.Contains(why, "reboot") {
		t.Errorf("Bottlerocket: %s", why)
	}
}

// PowerShell is not available in these tests, so at least check that the script contains what
// callers rely on.
func TestWindowsScriptKeepsTheContract(t *testing.T) {
	for _, s := range []string{"$name = 'AmazonECS'", "Restart-Service -Name $name", `Write-Output "agent-restarted $name"`, "Stop-With 3 ", "Stop-With 4 ", "Stop-With 5 ", "exit $code"} {
		if !strings.Contains(windows, s) {
			t.Errorf("the script does not contain %s", s)
		}
	}
}

func TestBySSH(t *testing.T) {
	page := "sudo docker stop ecs-agent; sudo docker start ecs-agent"
	for f, want := range map[Family]struct{ page, better string }{
		AmazonLinux1:    {page, "sudo stop ecs; sudo start ecs"},
		AmazonLinux2:    {page, "sudo systemctl restart ecs"},
		AmazonLinux2023: {page, "sudo systemctl restart ecs"},
		Packaged:        {page, "sudo systemctl restart ecs # on SUSE: sudo systemctl restart amazon-ecs"},
		Docker:          {page, ""},
		Bottlerocket:    {"", "apiclient exec admin sheltie systemctl restart ecs.service"},
		Windows:         {"", "Restart-Service AmazonECS"},
		External:        {"", "sudo systemctl restart ecs"},
		Managed:         {"", ""},
		Unknown:         {page, "sudo systemctl restart ecs"},
	} {
		got := BySSH(f)
		if p, b := strings.Join(got.Page, "; "), strings.Join(got.Better, "; "); p != want.page || b != want.better {
			t.Errorf("%s: page %q, better %q", f, p, b)
		}
		if got.Why == "" {
			t.Errorf("%s: gives no reason", f)
		}
	}
}
