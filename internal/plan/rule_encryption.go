package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// encryptedTypes are the families of instance types that encrypt the traffic between instances (Amazon
// EC2 user guide, Data protection in Amazon EC2, Encryption between instances).
var encryptedTypes = strings.Fields(`m5dn m5n m5zn m6a m6i m6id m6idn m6in m7a m7g m7gd m7i m7i-flex m8a m8azn m8g m8gb m8gd m8gn m8i m8id m8i-flex m8in m8idn m8ine m8ib m8idb m9g m9gd mac-m4 mac-m4pro t8i
c5n c6a c6gn c6i c6id c6in c7a c7g c7gd c7gn c7i c7i-flex c8a c8g c8gb c8gd c8gn c8i c8id c8i-flex c8in c8ine c8ib c9g c9gd
r5dn r5n r6a r6i r6id r6idn r6in r7a r7g r7gd r7i r7iz r8a r8g r8gb r8gd r8gn r8i r8id r8i-flex r8in r8idn r8ib r8idb r9g r9gd u-3tb1 u-6tb1 u-9tb1 u-12tb1 u-18tb1 u-24tb1 u7i-6tb u7i-8tb u7i-12tb u7in-16tb u7in-24tb u7in-32tb u7inh-32tb x2idn x2iedn x2iezn x8g x8aedz x8i
d3 d3en i3en i4g i4i i7i i7ie i8g i8ge im4gn is4gen
dl1 dl2q f2 g4ad g4dn g5 g6 g6e g6f gr6 gr6f g7 g7e inf1 inf2 p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 trn1 trn1n trn2 trn2u vt1
hpc6a hpc6id hpc7a hpc7g hpc8a`)

// checkEncryption reports what a plan creates and VPC Encryption Controls in enforce mode may refuse.
// That mode prevents resources that allow cleartext traffic. It accepts interface and gateway endpoints
// of AWS services, Fargate and Application Load Balancers. Instances need a type that encrypts their
// traffic, and internet gateways an exclusion. Client VPN is neither in the list of compatible resources
// nor among the possible exclusions (Amazon VPC user guide, Enforce VPC encryption in transit).
func checkEncryption(b *builder) []Finding {
	if !enforces(b.Net.Encryption) {
		return nil
	}
	var out []Finding
	add := func(c *resource.Change, fix, message string, args ...any) {
		out = append(out, Finding{Severity: Warn, Resource: b.Net.VPC, Changes: []resource.ID{c.ID}, Fix: fix,
			Message: fmt.Sprintf("VPC Encryption Controls of %s are in enforce mode. ", b.Net.VPC) + fmt.Sprintf(message, args...)})
	}
	public := func(c *resource.Change, what string) {
		if !slices.Contains(b.Net.Encryption.Exclusions, exclusionIGW) {
			add(c, "Add the exclusion for internet gateways, or choose an access method without the internet.", "Without an exclusion for internet gateways, people may not reach %s from the internet.", what)
		}
	}
	for i := range b.p.Changes {
		c := &b.p.Changes[i]
		if c.Op == resource.Keep {
			continue
		}
		switch s := c.Spec.(type) {
		case resource.Instance:
			if family, _, _ := strings.Cut(s.Type, "."); !slices.Contains(encryptedTypes, family) {
				add(c, "Choose an instance type of the list in the Amazon EC2 user guide (Data protection, Encryption between instances) on the screen Access method (answers file: mwaa.bastion.instance_type).",
					"AWS may refuse to start an instance of type %s: it is not among the types that encrypt the traffic between instances.", s.Type)
			}
			if !s.Sessions {
				public(c, "a bastion with SSH")
			}
		case resource.LoadBalancer:
			if s.Scheme == answers.InternetFacing {
				public(c, "a load balancer")
			}
		case resource.ClientVPN:
			add(c, "Choose another access method, or try it: AWS does not document whether Client VPN is accepted.", "The Amazon VPC user guide does not list Client VPN among the compatible resources or the exclusions.")
		}
	}
	return out
}
