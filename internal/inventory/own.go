package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// BastionProfile is the name of the instance profile that a plan creates, and of the role in it.
const BastionProfile = "privatelink-wizard-bastion"

// BastionName returns the name of the bastion of an environment.
func BastionName(environment string) string { return "airflow-" + environment + "-bastion" }

// ClientVPNName returns the tag Name of the Client VPN of an environment.
func ClientVPNName(environment string) string { return "airflow-" + environment }

// AccessName returns the name for resources of an access method. It is valid for Elastic Load
// Balancing: letters, digits and hyphens, at most 32 characters.
func AccessName(environment string) string {
	name := "airflow-" + strings.ReplaceAll(environment, "_", "-")
	long := []rune(name)
	if name == "airflow-"+environment && len(long) <= 32 && !strings.HasSuffix(name, "-") {
		return name
	}
	// Two environments must not get the same name.
	sum := sha256.Sum256([]byte(environment))
	return strings.TrimRight(string(long[:min(len(long), 23)]), "-") + "-" + hex.EncodeToString(sum[:4])
}

// The parts of the names of the security groups of access methods.
const (
	BastionGroup   = "bastion"
	BalancerGroup  = "load-balancer"
	ClientVPNGroup = "client-vpn"
)

// AccessGroup returns the name of the security group of an access method to an environment.
func AccessGroup(environment, part string) string {
	return "privatelink-wizard-" + environment + "-" + part
}

// namesFor returns the names of all resources for an environment, always in the same order.
func namesFor(environment string) []string {
	return []string{BastionName(environment), ClientVPNName(environment), AccessName(environment),
		AccessGroup(environment, BastionGroup), AccessGroup(environment, BalancerGroup), AccessGroup(environment, ClientVPNGroup)}
}

// GrantSid returns the Sid of the statement that allows a role to use a secret or key, by its ARN.
func GrantSid(word, arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "PrivateLinkWizard" + word + hex.EncodeToString(sum[:4])
}
