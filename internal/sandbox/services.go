package sandbox

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/kms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/secrets"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

type (
	service   = store.API[*region]
	operation = wire.Operation[*region]
)

// services are the services of the sandbox by their names in the credential scope. Most are in one
// package because they refer to each other: tasks run in subnets, security groups know the hosts
// that use them, and load balancers and certificates use one another.
var services = map[string]service{
	"acm": acmAPI, "airflow": airflowAPI, "batch": batchAPI, "ec2": ec2API, "ecr": ecrAPI, "ecs": ecsAPI, "elasticloadbalancing": elbAPI, "logs": logsAPI,
	"pricing": pricingAPI,
	"route53": route53API, "route53profiles": profilesAPI, "route53resolver": resolverAPI, "servicequotas": quotasAPI, "ssm": ssmAPI, "sts": stsAPI,
	"iam":            iamAPI,
	"kms":            store.On(kms.API, func(r *region) *kms.Region { return r.kms }),
	"secretsmanager": store.On(secrets.API, func(r *region) *secrets.Region { return r.secrets }),
}

func wireService(name string) (wire.Service, bool) {
	s, ok := services[name]
	return s.Service, ok
}
