package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

var _ = matchAt(65, (*builder).matchLogGroups)

// groupName matches the names that a log group can have. They must not start with aws/ (Amazon CloudWatch
// Logs API reference, CreateLogGroup).
var groupName = pattern.New(`^[-_./#A-Za-z0-9]{1,512}$`)

// matchLogGroups plans the log groups that do not exist and that nothing creates. Log events in a new
// log group do not expire (Amazon CloudWatch Logs API reference, CreateLogGroup).
func (b *builder) matchLogGroups() {
	of := map[string][]string{}
	for _, l := range b.loggers() {
		name := b.namedGroup(l.Container)
		state := b.groupState(l)
		// That of a first workload may not have been read. If it exists, it is kept.
		missing := state == groupMissing || state != groupExists && b.first != nil && b.planned(b.first.definition)
		if missing && b.neverCreated(l, name) && groupName().MatchString(inventory.Unmarked(name)) && !strings.HasPrefix(name, "aws/") {
			of[name] = append(of[name], l.of)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		of, log := workload.Unique(of[name]), "logs"
		if len(of) > 1 {
			log = "log"
		}
		why := fmt.Sprintf("%s %s to it. It does not exist, and the log driver does not create it: its option is off, or its role is not allowed to. A container with the awslogs driver then does not start.", words.UpTo(of, 3), log)
		if b.first != nil && b.planned(b.first.definition) {
			why = fmt.Sprintf("The first workload logs to %s. Without the log group, its container does not start.", name)
		}
		b.p.Changes = append(b.p.Changes, resource.Change{ID: resource.ID("log-group/" + name), Op: resource.Create, Rules: []string{"E-LOGGROUP"},
			Spec:    resource.LogGroup{Name: name, Tags: b.ownTags()},
			Summary: fmt.Sprintf("Create log group %s", name),
			Why:     why + " No retention period is set: CloudWatch Logs keeps the logs until you delete them, and storage is billed."})
		b.logGroups = append(b.logGroups, name)
	}
}

// neverCreated reports whether it is known that the log driver of a container does not create its log
// group. A log router without the option can have it in a configuration file.
func (b *builder) neverCreated(l logger, name string) bool {
	switch {
	case !l.LogCreates:
		return l.LogDriver == "awslogs"
	case b.Inv.Role(l.role) == nil:
		return false
	}
	lack, ok := b.createsGroup(l.role, b.logRegion(l.Container), name)
	return !ok && !lack.Unsure
}
