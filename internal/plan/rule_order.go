package plan

import "strings"

// checkCycle reports changes that wait for each other. It is a fault of the wizard, not of the account.
func checkCycle(b *builder) []Finding {
	if len(b.cycle) == 0 {
		return nil
	}
	var ids []string
	for _, id := range b.cycle {
		ids = append(ids, string(id))
	}
	return []Finding{{Severity: Block, Changes: b.cycle, Message: "These changes wait for each other, so they cannot be applied: " + strings.Join(ids, ", ") + ".",
		Fix: "Please report this with the answers file: it is a fault of the wizard."}}
}
