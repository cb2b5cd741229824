package resource_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Mutation 9: agents of two zones are never restarted together.
func TestRestartsKeepToOneZone(t *testing.T) {
	a := resource.Change{ID: "agents/prod", Op: resource.Run, Spec: resource.AgentRestart{Cluster: "prod", ARN: "arn:c", Hosts: []resource.Host{
		{ARN: "arn:1", Instance: "i-1", Zone: "a", Family: hosts.AmazonLinux2}, {ARN: "arn:2", Instance: "i-2", Zone: "b", Family: hosts.AmazonLinux2}}}}
	var does []string
	for _, p := range a.Steps().Parts {
		if strings.HasPrefix(p.Label, "restart the agents of ") {
			does = append(does, p.Label)
		}
	}
	if want := []string{"restart the agents of a: i-1", "restart the agents of b: i-2"}; !slices.Equal(does, want) {
		t.Errorf("%q", does)
	}
}
