package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Resources of the account for credentials of a private registry.
const (
	RegistrySecret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf"
	RegistryKey    = "arn:aws:kms:us-east-1:123456789012:key/0c2d3e4f-5a6b-4700-8000-000000000001"
	RegistryRole   = "arn:aws:iam::123456789012:role/app-execution"
)

// Registry moves the service's image to a private registry that its subnets reach, and asks for
// credentials from an existing secret.
func Registry(w *World) {
	nat(w)
	d := w.Def()
	d.ARN, d.ExecutionRole = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7", RegistryRole
	d.Fields = []string{"containerDefinitions", "executionRoleArn", "family"}
	d.Containers[0].Image, d.Containers[0].Secrets = "registry.example.com/team/app:1", nil
	w.Service().TaskDefinition = d.ARN
	w.Inv.Secrets = []inventory.Secret{{ARN: RegistrySecret, Name: "prod/registry", Version: "v1"}}
	w.Inv.Keys = []inventory.Key{{ARN: RegistryKey, Aliases: []string{"alias/registry"}, Manager: "CUSTOMER", State: "Enabled", Usage: "ENCRYPT_DECRYPT"}}
	w.Inv.ExecutionRoles = []string{RegistryRole}
	w.Inv.Roles = []inventory.Role{{ARN: RegistryRole, Name: "app-execution"}}
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartRegistry}, inventory.Request{Part: inventory.PartRoles, Role: RegistryRole},
		inventory.Request{Part: inventory.PartDefinition, Name: "web"}, inventory.Request{Part: inventory.PartSecret, Name: RegistrySecret})
	w.Ans.Registry = answers.Registry{Secret: "prod/registry", Definition: "web"}
}

func create(name string) func(*World) {
	return func(w *World) {
		w.Ans.Registry.Secret, w.Ans.Registry.Value, w.Ans.Registry.Username = name, answers.RegistrySet, "team"
	}
}

// reads gives the execution role a policy with these statements.
func reads(statements string) func(*World) {
	return asking(func(w *World) {
		w.Inv.Roles[0].Policies = []inventory.RolePolicy{{Name: "own", Document: `{"Statement": [` + statements + `]}`}}
	})
}

func asking(change func(*World)) func(*World) { return with(Registry, change) }

const foreign = "arn:aws:secretsmanager:us-east-1:210987654321:secret:shared/registry-ShReg1"

var registryCases = []Case{
	{Rule: "R-PERM", Severity: plan.Error, Caught: reads(`{"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}`), Says: "statement 1 denies it", Alone: reads(`{"Effect": "Deny", "Action": "secretsmanager:Put*", "Resource": "*"}`)},
	{Rule: "R-PERM", Severity: plan.Warn, Caught: reads(`{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {` + tagged + `}}`), Says: "cannot decide whether role app-execution may read the secret",
		Alone: reads(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {` + tagged + `}}`)},
	{Rule: "R-ECRNA", Severity: plan.Error, Caught: asking(func(w *World) { w.Def().Containers[0].Image = Image; w.Ans.Registry.Containers = []string{"web"} }), Says: "from Amazon ECR", Alone: Registry},
	{Rule: "R-AGENT119", Severity: plan.Block, Caught: with(OnEC2, asking(func(w *World) { w.Inv.Clusters[0].ContainerInstances[1].PrivateAuth = true })), Says: "i-prod-0 (lacks the attribute",
		Alone: with(OnEC2, asking(func(w *World) {
			for i := range w.Inv.Clusters[0].ContainerInstances {
				w.Inv.Clusters[0].ContainerInstances[i].PrivateAuth = true
			}
		}))},
	{Rule: "R-PV120", Severity: plan.Block, Caught: asking(func(w *World) { w.Service().PlatformVersion = "1.1.0" }), Says: "platform version 1.1.0", Alone: asking(func(w *World) { w.Service().PlatformVersion = "1.2.0" })},
	{Rule: "R-NAMESFX", Severity: plan.Warn, Caught: asking(create("prod/docker-abc123")), Says: "six characters", Alone: asking(create("prod/docker-abc12"))},
	{Rule: "R-REF", Severity: plan.Error, Caught: asking(func(w *World) { w.Ans.Registry = answers.Registry{}; w.Def().Containers[0].Credentials = "elsewhere" }), Says: "references the secret elsewhere",
		Alone: asking(func(w *World) {
			w.Ans.Registry = answers.Registry{}
			w.Def().Containers[0].Credentials = "prod/registry"
		})},
	{Rule: "R-SHAPE", Severity: plan.Error, Caught: asking(func(w *World) { w.Def().Containers[0].Image = "public.ecr.aws/x/y:1" }), Says: "none would log in", Alone: Registry},
	{Rule: "R-EXECROLE", Severity: plan.Block, Caught: asking(func(w *World) { w.Def().ExecutionRole = "" }), Says: "no execution role", Alone: asking(func(w *World) { w.Def().ExecutionRole = ""; w.Ans.Registry.Role = "app-execution" })},
	{Rule: "R-XACCT", Severity: plan.Error, Caught: asking(func(w *World) {
		w.Ans.Registry.Secret = foreign
		w.Inv.Secrets = append(w.Inv.Secrets, inventory.Secret{ARN: foreign, Name: "shared/registry"})
		w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartSecret, Name: foreign})
	}), Says: "default key", Alone: Registry},
	{Rule: "R-XREGION", Severity: plan.Error, Caught: with(Registry, closed, func(w *World) {
		w.Ans.Registry.Secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/registry-AbCdEf"
	}), Says: "is in eu-west-1", Alone: with(Registry, closed)},
	{Rule: "R-NET", Severity: plan.Error, Caught: with(Registry, closed), Says: "to registry.example.com. Credentials do not change this", Alone: Registry},
	{Rule: "R-DELNAME", Severity: plan.Block, Caught: asking(func(w *World) { w.Inv.Secrets[0].Deleted = "2026-01-28T09:00:00Z" }), Says: "scheduled for deletion", Alone: Registry, Fixed: true},
	{Rule: "R-KMS", Severity: plan.Error, Caught: asking(func(w *World) { w.Inv.Secrets[0].KMSKey = "alias/registry"; w.Inv.Keys[0].State = "Disabled" }), Says: "is Disabled", Alone: asking(func(w *World) { w.Inv.Secrets[0].KMSKey = "alias/registry" })},
}

func closed(w *World) {
	t := &w.Net().RouteTables[1]
	t.Routes = t.Routes[:1]
}
