package sandbox

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

var stsAPI = service{
	Service: wire.Service{Protocol: wire.AWSQuery, Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"},
	Operations: map[string]operation{
		"GetCallerIdentity": wire.QueryOp((*region).getCallerIdentity),
	},
}

type callerIdentityIn struct{}

type callerIdentityOut struct {
	UserId  string
	Account string
	Arn     string
}

func (r *region) getCallerIdentity(callerIdentityIn) (callerIdentityOut, *wire.Error) {
	return callerIdentityOut{"AROAPRACTICEPRACTICEX:practice", store.AccountID, r.Caller()}, nil
}
