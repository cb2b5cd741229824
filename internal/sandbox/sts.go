package sandbox

type callerIdentityIn struct{}

type callerIdentityOut struct {
	UserId  string
	Account string
	Arn     string
}

// callerARN returns the identity of every caller. The credentials do not matter.
func callerARN(r *region) string {
	return "arn:" + r.catalog.Partition + ":sts::" + accountID + ":assumed-role/Admin/practice"
}

func (r *region) getCallerIdentity(callerIdentityIn) (callerIdentityOut, *apiError) {
	return callerIdentityOut{"AROAPRACTICEPRACTICEX:practice", accountID, callerARN(r)}, nil
}
