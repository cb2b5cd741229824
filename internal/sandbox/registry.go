package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
)

// Private registries: how a task gets credentials, and what happens without them.

// privateRegistry is a registry that requires credentials and accepts all. Other registries
// require none.
const privateRegistry = "registry.example.com"

// roleProblem returns why a task cannot assume its execution role; "" if it can, or has none. It
// is checked only for tasks with registry credentials, because a scenario does not have to
// contain other roles.
func (r *region) roleProblem(t *ecsTask, d *ecsTaskDefinition) string {
	arn := t.executionRole(d)
	if arn == "" || !slices.ContainsFunc(d.ContainerDefinitions, func(c containerDef) bool { return c.RepositoryCredentials != nil }) {
		return ""
	}
	role := r.roleOf(arn)
	if role != nil && role.Trusts("ecs-tasks.amazonaws.com", t.CreatedAt.Time) {
		return ""
	}
	return "ECS was unable to assume the role '" + arn + "' that was provided for this task. Please verify that the role being passed has the proper trust relationship and " +
		"permissions and that your IAM user has permissions to pass this role."
}

func (t *ecsTask) executionRole(d *ecsTaskDefinition) string {
	if t.Overrides != nil {
		return cmp.Or(t.Overrides.ExecutionRoleArn, d.ExecutionRoleArn)
	}
	return d.ExecutionRoleArn
}

func (r *region) roleOf(arn string) *iam.Role {
	for _, role := range r.iam.Roles {
		if role.Arn == arn {
			return role
		}
	}
	return nil
}

// registryProblem returns why a task cannot read the credentials of its containers, in the text
// of the ECS agent; "" if it can. The permissions that the role had when the task was created
// apply until the task ends.
func (r *region) registryProblem(t *ecsTask, d *ecsTaskDefinition, from *networkInterface) string {
	for _, c := range d.ContainerDefinitions {
		if c.RepositoryCredentials == nil {
			continue
		}
		why := r.credentialsProblem(t, d, from, c.RepositoryCredentials.CredentialsParameter)
		if why != "" && t.LaunchType == "FARGATE" {
			return "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to get registry auth from asm: " +
				"service call has been retried 1 time(s): " + why
		}
		if why != "" {
			return why
		}
	}
	return ""
}

func (r *region) credentialsProblem(t *ecsTask, d *ecsTaskDefinition, from *networkInterface, id string) string {
	of := r.regionOf(id)
	fetching := "asm fetching secret from the service for " + id + ": "
	if why := r.dialSecrets(from, of); why != "" {
		return fetching + "RequestError: send request failed caused by: Post \"https://secretsmanager." + of.Name + "." + of.catalog.suffix() + "/\": " + why
	}
	role := r.roleOf(t.executionRole(d))
	if role == nil {
		return "asm resource: unable to find execution role credentials"
	}
	caller := r.ARN("sts", "assumed-role/"+role.RoleName+"/"+lastPart(t.TaskArn))
	text, err := of.secrets.TextAs(caller, id, func(action, resource string) bool {
		context := map[string]string{}
		if action == "kms:Decrypt" {
			context["kms:viaservice"] = "secretsmanager." + of.Name + "." + of.catalog.suffix()
		}
		return of.iam.Allows(role, t.CreatedAt.Time, action, resource, context)
	})
	if err != nil {
		return fetching + err.Code + ": " + err.Message + " status code: 400, request id: " + store.UUID(t.TaskArn+id)
	}
	return credentials(text)
}

// regionOf returns the Region of a secret, by its name or ARN.
func (r *region) regionOf(id string) *region {
	if parts := strings.Split(id, ":"); len(parts) > 6 && parts[3] != r.Name {
		if other := r.account.region(parts[3]); other != nil {
			return other
		}
	}
	return r
}

// dialSecrets returns why Secrets Manager in a Region cannot be reached. An endpoint serves its
// own Region only.
func (r *region) dialSecrets(from *networkInterface, of *region) string {
	if of == r {
		return r.dial(from, "secretsmanager")
	}
	if r.getsOut(from, false) {
		return ""
	}
	return fmt.Sprintf("dial tcp %s:443: i/o timeout", publicAddress(of.nameOf("secretsmanager")))
}

// dial returns why HTTPS from an interface does not reach a service; "" if it does.
func (r *region) dial(from *networkInterface, service string) string {
	if r.gets(from, service, true) {
		return ""
	}
	if a := r.lookUp(from.VpcId, r.nameOf(service)).addresses; len(a) > 0 {
		return fmt.Sprintf("dial tcp %s:443: i/o timeout", a[0])
	}
	return "dial tcp: lookup " + strings.TrimPrefix(r.nameOf(service), "*.") + ": no such host"
}

// credentials returns why the text of a secret is not a registry credential for the ECS agent, in the agent's
// text; "" if it is.
func credentials(text *string) string {
	var c struct{ Username, Password *string }
	switch {
	case text == nil || *text == "":
		return "asm fetching authorization data: empty secrets value"
	case json.Unmarshal([]byte(*text), &c) != nil:
		return "asm fetching authorization data: unable to unmarshal secret value, invalid schema"
	case c.Username == nil || *c.Username == "":
		return "asm fetching username: AuthorizationData is malformed, empty field"
	case c.Password == nil || *c.Password == "":
		return "asm fetching password: AuthorizationData is malformed, empty field"
	}
	return ""
}

// outsideAddress returns an invented public address for a host outside AWS, of a block for documentation (RFC 5737).
func outsideAddress(host string) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, 100, publicAddress(host).As4()[3]})
}

// pullProblem returns why an image of a registry outside AWS cannot be pulled; "" if it can.
func (r *region) pullProblem(c *containerDef, from *networkInterface) string {
	host, _, _ := strings.Cut(c.Image, "/")
	switch {
	case !r.getsOut(from, false):
		return fmt.Sprintf("failed to do request: Head %q: dial tcp %s:443: i/o timeout", manifestURL(c.Image), outsideAddress(host))
	case host == privateRegistry && c.RepositoryCredentials == nil:
		return "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"
	}
	return ""
}
