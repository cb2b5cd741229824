package export

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestFormatsAreDescribed: the screens show these texts in columns and in the details.
func TestFormatsAreDescribed(t *testing.T) {
	for _, f := range Formats() {
		if f.Title == "" || f.Text == "" || f.Needs == "" || f.Existing == "" || !strings.Contains(f.Details, "\nExisting resources: ") || !strings.Contains(f.Details, "\nSecrets: ") || !strings.Contains(f.Details, "\nTo run it: ") {
			t.Errorf("%s lacks a text: %+v", f.Name, f)
		}
		if n := len("Changes existing"); len(f.Existing) > n {
			t.Errorf("%s: %q is longer than its column of %d", f.Name, f.Existing, n)
		}
		if f.Folder != (f.Extension == "") || f.Run == nil {
			t.Errorf("%s: extension %q, folder %v", f.Name, f.Extension, f.Folder)
		}
	}
}

// TestCommandsOfFormats: a shell reads each name as one argument, and no program reads it as an option.
func TestCommandsOfFormats(t *testing.T) {
	for _, tt := range []struct {
		format, out string
		names       []string
		want        string
	}{
		{"bash", "my plan.sh", []string{"my plan.sh"}, "bash 'my plan.sh' --dry-run\nbash 'my plan.sh'"},
		{"bash", "-n.sh", []string{"-n.sh"}, "bash ./-n.sh --dry-run\nbash ./-n.sh"},
		{"terraform", "$net", []string{"$net/main.tf", "$net/finish.sh"}, "terraform -chdir=\"\\$net\" init\nterraform -chdir=\"\\$net\" apply\nbash \"\\$net/finish.sh\""},
		{"cloudformation", "a/my net.yaml", []string{"a/my net.yaml", "a/my net-finish.sh"},
			"aws cloudformation deploy --region us-east-1 --stack-name my-net --template-file 'a/my net.yaml' --no-fail-on-empty-changeset\nbash 'a/my net-finish.sh'"},
	} {
		f, ok := FormatNamed(tt.format)
		if !ok {
			t.Fatalf("no format %s", tt.format)
		}
		var got []string
		p := &plan.Plan{Account: "123456789012", Region: "us-east-1", VPC: "vpc-1", Changes: []resource.Change{{ID: "security-group/one", Op: resource.Create, Spec: resource.SecurityGroup{VPC: "vpc-1", Name: "one"}}}}
		commands, further := f.Commands(p, Meta{Name: "my net"}, tt.out, tt.names)
		if further != "" {
			t.Errorf("%s: %s", tt.format, further)
		}
		for _, args := range commands {
			got = append(got, strings.Join(args, " "))
		}
		if text := strings.Join(got, "\n"); text != tt.want {
			t.Errorf("%s to %s:\n%s\nwant:\n%s", tt.format, tt.out, text, tt.want)
		}
	}
}

// TestCapabilityOfStack: the command that deploys a stack allows it to create resources of IAM only if it creates some.
func TestCapabilityOfStack(t *testing.T) {
	f, ok := FormatNamed("cloudformation")
	if !ok {
		t.Fatal("no format cloudformation")
	}
	group := resource.Change{ID: "security-group/one", Op: resource.Create, Spec: resource.SecurityGroup{VPC: "vpc-1", Name: "one"}}
	role := resource.Change{ID: "role/one", Op: resource.Create, Spec: resource.Role{Name: "one"}}
	for _, changes := range [][]resource.Change{{group}, {group, role}} {
		commands, _ := f.Commands(&plan.Plan{Account: "123456789012", Region: "us-east-1", VPC: "vpc-1", Changes: changes}, Meta{}, "net.yaml", []string{"net.yaml", "net-finish.sh"})
		if got, want := strings.Contains(strings.Join(commands[0], " "), " CAPABILITY_NAMED_IAM"), len(changes) > 1; got != want {
			t.Errorf("%d changes: %q", len(changes), commands)
		}
	}
}
