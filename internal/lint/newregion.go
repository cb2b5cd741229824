package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

var (
	// resource matches declarations of Amazon ECS resources: CloudFormation, Terraform (HCL and
	// JSON), the AWS CLI.
	resource = regexp.MustCompile(`\bAWS::(?:ECS|Batch)::[A-Z]\w+|\bresource\s+"aws_(?:ecs|batch)_\w+"|"aws_(?:ecs|batch)_\w+"\s*:` +
		`|\bterraform-aws-modules/(?:ecs|batch)/aws\b|\baws\s+(?:ecs|batch)\s+(?:create|register|run|submit)-[a-z-]+`)

	// built matches endpoints with names that a module or a library creates for the Region. It is
	// used only if the file mentions endpoints, because "service" has many meanings.
	built = regexp.MustCompile(`\bservice"?\s*[=:]\s*"?([a-z][a-z.-]*[a-z])\b|\bInterfaceVpcEndpointAwsService\.([A-Z_]+)\b`)

	endpoint = regexp.MustCompile(`(?i)endpoint`)

	word = regexp.MustCompile(`[A-Za-z0-9_.:-]+`)
)

// carries reports whether an endpoint shows that the file is about containers. Others, such as
// Amazon S3 alone, do not show this.
func carries(code string) bool {
	return slices.Contains(ecsThree, code) || code == "ecr.api" || code == "ecr.dkr" || code == "batch"
}

// made returns the endpoints that the file creates with a module or a library, by service code,
// with the position of the first one.
func (c *check) made() map[string]int {
	out := map[string]int{}
	if !endpoint.Match(c.text) {
		return out
	}
	for _, m := range built.FindAllSubmatchIndex(c.text, -1) {
		var code string
		if m[2] >= 0 {
			code = string(c.text[m[2]:m[3]])
		} else {
			code = strings.ToLower(strings.ReplaceAll(string(c.text[m[4]:m[5]]), "_", "-"))
			switch code {
			case "ecr":
				code = "ecr.api"
			case "ecr-docker":
				code = "ecr.dkr"
			}
		}
		if _, has := out[code]; !has && known(code) && !inComment(c.text, m[0]) {
			out[code] = m[0]
		}
	}
	return out
}

// missing returns those of the three ECS endpoints that the file does not create for the Region.
func (c *check) missing() []string {
	if c.lacks != nil {
		return *c.lacks
	}
	have := map[string]bool{}
	for code := range c.made() {
		have[code] = true
	}
	loop := false
	for i := range c.names {
		n := &c.names[i]
		if n.comment || n.private || n.region != "" && n.region != c.region {
			continue
		}
		have[n.code] = true
		loop = loop || n.code == ""
	}
	if loop {
		// The codes are elsewhere, in a list that a loop uses.
		for _, m := range c.outside() {
			have[m] = true
		}
	}
	lacks := slices.DeleteFunc(slices.Clone(ecsThree), func(code string) bool { return have[code] })
	c.lacks = &lacks
	return lacks
}

// outside returns the ECS endpoint codes in the text outside names and comments.
func (c *check) outside() []string {
	var out []string
	next := 0
	for _, m := range word.FindAllIndex(c.text, -1) {
		for next < len(c.names) && c.names[next].end <= m[0] {
			next++
		}
		if next < len(c.names) && c.names[next].at <= m[0] {
			continue
		}
		if w := strings.Trim(string(c.text[m[0]:m[1]]), ":."); slices.Contains(ecsThree, w) && !inComment(c.text, m[0]) {
			out = append(out, w)
		}
	}
	return out
}

// newRegion checks for the three ECS endpoints that must exist in Regions introduced on or after
// 2023-12-23, according to the table in the Amazon ECS developer guide (VPC endpoints,
// considerations).
func (c *check) newRegion() {
	lacks := c.missing()
	if len(lacks) == 0 {
		return
	}
	var names, containers, copied []*serviceRef
	for i := range c.names {
		n := &c.names[i]
		if n.comment || n.private {
			continue
		}
		names = append(names, n)
		if carries(n.code) {
			containers = append(containers, n)
		}
		if n.region != "" && n.region != c.region && !catalog.NewRegion(n.region) {
			copied = append(copied, n)
		}
	}
	made := c.made()
	at, text := -1, ""
	first := func(where int, what string) {
		if at < 0 || where < at {
			at, text = where, what
		}
	}
	for _, n := range containers {
		first(n.at, n.String())
	}
	for code, where := range made {
		if carries(code) {
			first(where, code)
		}
	}
	for _, m := range resource.FindAllIndex(c.text, -1) {
		if !inComment(c.text, m[0]) {
			first(m[0], strings.Join(strings.Fields(string(c.text[m[0]:m[1]])), " "))
			break
		}
	}
	if at < 0 {
		return
	}
	message := fmt.Sprintf("Regions introduced on or after 2023-12-23 need all three ECS endpoints. %s is such a Region. The file does not create %s for it.", c.region, strings.Join(lacks, ", "))
	fix := fmt.Sprintf("Create %s.", c.list(lacks))
	var sources []string
	for _, n := range copied {
		const shown = 3
		if len(sources) < shown && !slices.Contains(sources, n.region) {
			sources = append(sources, n.region)
		}
	}
	switch {
	case len(names) == 0 && len(made) == 0:
		message += " It creates no VPC endpoints."
		fix = fmt.Sprintf("Create all three, here or where the VPC's endpoints are created: %s.", c.list(lacks))
	case slices.ContainsFunc(copied, func(n *serviceRef) bool { return slices.Contains(ecsThree, n.code) }):
		message += fmt.Sprintf(" It contains the ECS endpoints of %s.", strings.Join(sources, ", "))
		fix = fmt.Sprintf("1. Create %s. 2. Then delete the copied ECS endpoints for %s.", c.list(lacks), strings.Join(sources, ", "))
	}
	c.add(at, NewRegion, text, message, fix)
}
