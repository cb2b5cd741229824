package sandbox

import "github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"

// service is a service of the sandbox. Each is defined next to its operations.
type service struct {
	wire.Service
	name       string // in the credential scope
	operations map[string]operation

	load func(*region, *scenario) *wire.Error // adds the service's part of a scenario
	dump func(*region) map[string]any         // returns the service's part of GET /_sandbox/account
}

type operation = wire.Operation[*region]

// services are the services of the sandbox. They are one package because most refer to each other:
// tasks run in subnets and read secrets, security groups know the hosts that use them, and load
// balancers and certificates use one another. A scenario is loaded in this order.
var services = []*service{
	route53API, resolverAPI, profilesAPI, ec2API, airflowAPI, acmAPI, elbAPI, quotasAPI, batchAPI, ecsAPI, kmsAPI,
	secretsAPI, iamAPI, ssmAPI, ecrAPI, stsAPI,
}

func serviceNamed(name string) *service {
	for _, s := range services {
		if s.name == name {
			return s
		}
	}
	return nil
}

func wireService(name string) (wire.Service, bool) {
	s := serviceNamed(name)
	if s == nil {
		return wire.Service{}, false
	}
	return s.Service, true
}

// operationOf finds an operation; nil if the sandbox does not support it.
func operationOf(service, name string) operation {
	if s := serviceNamed(service); s != nil {
		return s.operations[name]
	}
	return nil
}
