package policy

import "testing"

func TestRoleAllows(t *testing.T) {
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf"
	read := func(effect, resource, more string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":["secretsmanager:GetSecretValue"],"Resource":"` + resource + `"` + more + `}]}`
	}
	for name, tt := range map[string]struct {
		documents     []string
		allowed, sure bool
	}{
		"none":             {nil, false, true},
		"that secret":      {[]string{read("Allow", secret, "")}, true, true},
		"by a pattern":     {[]string{read("Allow", "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-??????", "")}, true, true},
		"another one":      {[]string{read("Allow", secret+"x", "")}, false, true},
		"denied elsewhere": {[]string{read("Allow", "*", ""), read("Deny", secret, "")}, false, true},
		"on a condition":   {[]string{read("Allow", "*", `,"Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}`)}, false, false},
		"not JSON":         {[]string{"?", read("Allow", "*", "")}, false, false},
	} {
		if allowed, sure := RoleAllows("secretsmanager:GetSecretValue", secret, tt.documents...); allowed != tt.allowed || sure != tt.sure {
			t.Errorf("%s: %v, sure %v", name, allowed, sure)
		}
	}
}
