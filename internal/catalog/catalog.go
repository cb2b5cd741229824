// Package catalog contains the endpoint services: their names per partition, what each is used for,
// and which of them a workload needs and why.
package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/assets"
)

// Types of endpoint, as AWS names them.
const (
	Interface = "Interface"
	Gateway   = "Gateway"
)

// Entry is one endpoint service.
type Entry struct {
	Code    string `json:"code"` // the part of the service name after the Region: "ecr.api"
	Type    string `json:"type"` // Interface by default
	China   bool   `json:"china"`
	Clients bool   `json:"clients"` // the service's own clients use the default name, so they use the endpoint only with private DNS
	UsedFor string `json:"used_for"`
	// Names are the names of PrivateNames where they do not follow from the code. {R} is the Region,
	// {S} the domain of the partition.
	Names []string `json:"names"`
}

// entries is read on first use; nothing happens at package initialization.
var entries = sync.OnceValue(func() []Entry {
	var es []Entry
	if err := json.Unmarshal(assets.Endpoints, &es); err != nil {
		panic(fmt.Sprintf("embedded catalog: %v", err)) // a broken build; any test finds it
	}
	for i := range es {
		if es[i].Type == "" {
			es[i].Type = Interface
		}
	}
	return es
})

// All returns the entries of the catalog in the order of a plan.
func All() []Entry { return slices.Clone(entries()) }

// Lookup returns an entry by service code. A code that is not in the catalog gets an entry of type
// Interface with the general form of name. Only the Region shows whether it has that service.
func Lookup(code string) Entry {
	for _, e := range entries() {
		if e.Code == code {
			return e
		}
	}
	if code == "dynamodb" {
		return Entry{Code: code, Type: Gateway, UsedFor: "Amazon DynamoDB"}
	}
	return Entry{Code: code, Type: Interface}
}

// Rank orders service codes as plans list them; codes outside the catalog come last.
func Rank(code string) int {
	for i, e := range entries() {
		if e.Code == code {
			return i
		}
	}
	return len(entries())
}

// ServiceName returns the endpoint service name of an entry in a Region.
func (e Entry) ServiceName(partition, region string) string {
	return e.root(partition, region) + "." + region + "." + e.Code
}

// CodeOf is the service code in an endpoint service name: what follows the Region,
// which is the token after the root. It is empty for a name of another form.
func CodeOf(service string) string {
	for _, root := range Roots {
		if rest, ok := strings.CutPrefix(service, root+"."); ok {
			_, code, _ := strings.Cut(rest, ".")
			return code
		}
	}
	return ""
}

// oldRegions were introduced before 2023-12-23. Any other Region is new, and the three ECS endpoints
// must exist there (Amazon ECS developer guide, VPC endpoints).
const oldRegions = " af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2" +
	" ap-southeast-3 ap-southeast-4 ca-central-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3" +
	" il-central-1 me-central-1 me-south-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 "

// NewRegion reports whether a Region was introduced on or after 2023-12-23.
func NewRegion(region string) bool {
	return region != "" && !strings.Contains(oldRegions, " "+region+" ")
}
