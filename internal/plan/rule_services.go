package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

func checkServiceExists(b *builder) []Finding {
	if !b.Inv.Has(inventory.Request{Part: inventory.PartServices}) {
		return nil
	}
	if _, denied := b.Inv.Gap("ec2:DescribeVpcEndpointServices"); denied {
		return nil
	}
	var out []Finding
	for _, w := range b.verdicts {
		if !w.Needed || w.Code == "batch" && slices.Contains(noBatch, b.Ans.Region) { // G-BATCHREG reports it
			continue
		}
		entry, name := catalog.Lookup(w.Code), b.serviceName(w.Code)
		if b.Inv.Service(name, entry.Type) != nil {
			continue
		}
		f := Finding{Severity: Block, Resource: name, Message: fmt.Sprintf("%s has no %s endpoint service %s.", b.Ans.Region, strings.ToLower(entry.Type), name),
			Fix: "Remove it on the screen AWS services (answers file: needs), or give that traffic another path (NAT gateway)."}
		if slices.Contains(b.Ans.Extra, w.Code) {
			f.Fix = "Remove " + w.Code + " from extra, or correct its spelling: the code is the part of the service name after the Region."
		}
		out = append(out, f.on(b, w.Code))
	}
	return out
}

// noBatch are the Regions without an interface endpoint for AWS Batch, according to its user guide.
// The Region's own list takes precedence.
var noBatch = []string{"ap-northeast-3", "ap-southeast-3"}

func checkBatchRegion(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Code == "batch" && w.Needed })
	if !wanted || !slices.Contains(noBatch, b.Ans.Region) {
		return nil
	}
	f := Finding{Severity: Block, Resource: b.serviceName("batch"), Message: "AWS Batch has no interface endpoint in " + b.Ans.Region + ".",
		Fix: "Remove \"Call the AWS Batch API\" on the screen AWS services (answers file: remove workload-api from needs): jobs do not need it. Code that calls the AWS Batch API needs internet access."}
	if b.Inv.Service(b.serviceName("batch"), catalog.Interface) != nil {
		f.Severity, f.Fix = Info, ""
		f.Message = "The AWS Batch user guide lists no interface endpoint in " + b.Ans.Region + ", but the Region lists one. The plan follows the Region's list."
	}
	return []Finding{f.on(b, "batch")}
}
